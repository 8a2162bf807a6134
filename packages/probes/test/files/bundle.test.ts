import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveKey, EngineKey, MarkKey, openMark, Secret, sha256Hex } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { commitmentFile, type Plan, parsePrompts, planCommitment, planOrder } from '@taggant/probes';
import {
  type BundleContents,
  type CheckOptions,
  checkBundle,
  isAnswered,
  printTranscript,
  writeBundle,
} from '@taggant/probes/runner';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { afterAll, describe, expect, it } from 'vitest';
import { printManifest } from '../../src/files/bundle.ts';
import { differences } from '../../src/files/differences.ts';
import { jsonl, plannedMark, planOf, VERSION } from '../plan/plans.ts';
import { seeded } from '../seeded.ts';

const root = mkdtempSync(join(tmpdir(), 'taggant-bundles-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const newFolder = () => join(root, String(folders++));

const tokenizer = tinyLmTokenizer();
const key = deriveKey(Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => i)), 'greenlist');
const engineKey = new EngineKey('hf/greenlist', { hash_key: 15485863 });
const salt = '5a'.repeat(32);
const descriptor = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/4', delta: 2 } as const;
const prompts = jsonl(Array.from({ length: 6 }, (_, i) => ({ id: `p${i}`, prompt: `Tell me of the ${i}th day.` })));
const served = join(root, 'served.bin');
writeFileSync(served, 'contexts that we served');
const plan = planOf(prompts, {
  suspect: { api: 'offline' },
  marks: [plannedMark(key, descriptor), plannedMark(engineKey, { mark: 'hf/greenlist' }, salt)],
  tokenizer: tokenizer.id,
  order: { seed: 3 },
  served: { file: 'served.bin', sha256: sha256Hex('contexts that we served'), logs: 'independent', weights: false },
});
const lines = linesOf(plan);
const transcript = new TextEncoder().encode(printTranscript(lines));
const keys = [{ key }, { key: engineKey, salt }];
const run = { end: 'complete', used: 6, requests: 8, tokens: 100 } as const;

/** A real, small evaluation: detect the native mark in all replies, with the key of the materials. */
const evaluate: CheckOptions['evaluate'] = (_, lines, { keys }) => {
  const native = keys?.[0].key;
  if (!(native instanceof MarkKey)) throw new TypeError('"keys" expected the key of mark 1');
  const replies = lines.filter(isAnswered).map(({ reply }) => [...tokenizer.encode(reply)]);
  const { lnP, p, n, score } = detectTokens(replies.flat(), openMark(descriptor, native));
  return { answered: replies.length, lnP, p, n, score };
};
const result = evaluate(plan, lines, { keys });
const contents: BundleContents = { plan, prompts, transcript, run, result, served, keys };
const options: CheckOptions = { evaluate, version: VERSION };

describe('a bundle', () => {
  it('holds, and says the same on the other side', async () => {
    const folder = newFolder();
    expect(writeBundle(folder, contents)).toEqual([
      'commitment.json',
      'keys.json',
      'manifest.json',
      'plan.json',
      'prompts.jsonl',
      'result.json',
      'run.json',
      'served',
      'transcript.jsonl',
    ]);
    expect(await checkBundle(folder, { ...options, commitment: planCommitment(plan) })).toEqual([]);
    expect(readFileSync(join(folder, 'commitment.json'), 'utf8')).toBe(commitmentFile(plan));
    expect((result as { n: number }).n).toBeGreaterThan(50);
  });

  it("holds keys only when they are given, with a loud word, for the owner's eyes", async () => {
    const folder = newFolder();
    writeBundle(folder, { ...contents, keys: undefined, served: undefined });
    const all = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
    expect(all).not.toContain('15485863');
    expect(all).not.toContain(salt);
    expect(await checkBundle(folder, { ...options, materials: { keys, served } })).toEqual([]);
    expect(await checkBundle(folder, options)).toEqual([
      { file: 'result.json', what: expect.stringContaining('key of mark 1') },
    ]);
    const burnt = newFolder();
    writeBundle(burnt, contents);
    expect(readFileSync(join(burnt, 'keys.json'), 'utf8')).toMatch(/SECRET.*use new keys/);
    expect(statSync(join(burnt, 'keys.json')).mode & 0o077).toBe(0);
  });

  it('with one changed byte in any file is refused, by the name of the file (every file, 25 random places each, seed 21)', async () => {
    const whole = newFolder();
    writeBundle(whole, contents);
    const random = seeded(21);
    for (const name of readdirSync(whole)) {
      const bytes = readFileSync(join(whole, name));
      for (let k = 0; k < 25; k++) {
        const changed = Buffer.from(bytes);
        const at = Math.floor(random() * bytes.length);
        changed[at] ^= 1 << Math.floor(random() * 8);
        writeFileSync(join(whole, name), changed);
        const problems = await checkBundle(whole, options);
        expect(problems.length, `${name}, byte ${at}`).toBeGreaterThan(0);
        if (name !== 'manifest.json') expect(problems[0].file).toBe(name);
      }
      writeFileSync(join(whole, name), bytes);
    }
    expect(await checkBundle(whole, options)).toEqual([]);
  });

  it.each(['added', 'removed', 'cut', 'a folder'])('is refused with a file %s', async (what) => {
    const folder = newFolder();
    writeBundle(folder, contents);
    const path = join(folder, 'result.json');
    if (what === 'added') writeFileSync(join(folder, 'note.txt'), '');
    if (what === 'removed') unlinkSync(path);
    if (what === 'cut') writeFileSync(path, readFileSync(path).subarray(0, -1));
    if (what === 'a folder') mkdirSync(join(folder, 'deck'));
    expect((await checkBundle(folder, options)).length).toBeGreaterThan(0);
  });

  it('is refused when it is not the plan that was published', async () => {
    const folder = newFolder();
    writeBundle(folder, contents);
    const problems = await checkBundle(folder, { ...options, commitment: 'ab'.repeat(32) });
    expect(problems).toEqual([{ file: 'commitment.json', what: expect.stringContaining('published commitment') }]);
  });

  it('is not written with what the plan does not name', () => {
    const refused = (other: Partial<BundleContents>) =>
      expect(() => writeBundle(newFolder(), { ...contents, ...other }));
    refused({ keys: [{ key }] }).toThrow(/key 2/);
    refused({ keys: [{ key }, { key: engineKey, salt: 'ab'.repeat(32) }] }).toThrow(/key 2/);
    refused({ prompts: jsonl([{ id: 'x', prompt: '' }]) }).toThrow(/prompts/);
    refused({ deck: served }).toThrow(/deck/);
    refused({ result: { p: Number.NaN } }).toThrow(/"p" expected a number that JSON can hold, got NaN/);
  });
});

/** What a forger can do who makes a manifest anew: each of these bundles has right hashes. */
describe('a bundle with right hashes is refused', () => {
  const forged = async (other: Partial<BundleContents>, more: Partial<CheckOptions> = {}) => {
    const folder = newFolder();
    const used = other.transcript === undefined ? 6 : new TextDecoder().decode(other.transcript).split('\n').length - 1;
    writeBundle(folder, { ...contents, run: { ...run, used }, ...other });
    const [problem] = await checkBundle(folder, { ...options, ...more });
    return `${problem?.file}: ${problem?.what}`;
  };
  const withLines = (change: (all: typeof lines) => unknown[]) => jsonl(change(lines.map((line) => ({ ...line }))));

  it.each<[string, Partial<BundleContents>, RegExp]>([
    [
      'another figure',
      { result: { ...(result as object), n: 999 } },
      /^result\.json: result\.n: expected \d+, got 999/,
    ],
    [
      'a figure one bit off',
      { result: { ...(result as object), lnP: nextUp((result as { lnP: number }).lnP) } },
      /^result\.json: result\.lnP/,
    ],
    ['a figure more', { result: { ...(result as object), extra: 1 } }, /result\.extra: expected undefined, got 1/],
    [
      'another answer',
      { transcript: withLines(([first, ...rest]) => [{ ...first, reply: 'No.' }, ...rest]) },
      /^result\.json/,
    ],
    [
      'two prompts in another order',
      { transcript: withLines(([a, b, ...rest]) => [{ ...b, i: 0 }, { ...a, i: 1 }, ...rest]) },
      /^transcript\.jsonl: line 1: expected prompt/,
    ],
    [
      'a gap',
      { transcript: withLines(([a, _, ...rest]) => [a, ...rest]) },
      /^transcript\.jsonl: .*transcript:2\.i" expected an integer from 1 to 1/,
    ],
    [
      'a prompt reworded',
      { transcript: withLines(([a, ...rest]) => [{ ...a, prompt: 'Other' }, ...rest]) },
      /^transcript\.jsonl: line 1/,
    ],
    ['a line too many', { transcript: withLines((all) => [...all, { ...all[0], i: 6 }]) }, /at most 6 prompts/],
    [
      'an early end without a reason',
      { transcript: withLines((all) => all.slice(0, 4)), run: undefined },
      /^transcript\.jsonl: expected every prompt/,
    ],
    [
      'an early end called complete',
      { transcript: withLines((all) => all.slice(0, 4)) },
      /^run\.json: expected the end budget, got complete/,
    ],
    [
      'a budget that is not spent',
      { transcript: withLines((all) => all.slice(0, 4)), run: { ...run, used: 4, end: 'budget' } },
      /^run\.json: expected a spent budget/,
    ],
    ['more requests than planned', { run: { ...run, requests: 1001 } }, /^run\.json: expected 6 to 1000 requests/],
    [
      'logprobs that nobody planned',
      { transcript: withLines(([a, ...rest]) => [{ ...a, logprobs: {} }, ...rest]) },
      /^transcript\.jsonl: line 1: expected no logprobs/,
    ],
    [
      'fields in another order',
      { transcript: withLines((all) => all.map(({ reply, ...line }) => ({ reply, ...line }))) },
      /^transcript\.jsonl: expected lines as they are written/,
    ],
  ])('with %s', async (_, other, message) => {
    expect(await forged(other)).toMatch(message);
  });

  it.each([
    ['plan.json', '"alpha": 0.000001', '"alpha": 1e-30,\n  "alpha": 0.000001'],
    ['result.json', '"n": ', '"n": 1,\n  "n": '],
    ['run.json', '"requests": 8', '"requests": 7,\n  "requests": 8'],
    ['keys.json', '"warning": ', '"warning": "None",\n  "warning": '],
    ['plan.json', '"alpha": 0.000001', '"alpha": 1e-6'],
  ] as const)('with a field twice, or not as it is written: %s', async (name, once, other) => {
    const folder = newFolder();
    writeBundle(folder, contents);
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text).toContain(once);
    writeFileSync(
      join(folder, name),
      text.replace(once, () => other),
    );
    writeFileSync(join(folder, 'manifest.json'), printManifest(folder));
    const [problem] = await checkBundle(folder, options);
    expect(problem).toEqual({ file: name, what: 'expected every field once, as it is written' });
  });

  it('that goes on behind its stop, or stops before', async () => {
    const stopping = planOf(prompts, { ...(plan as Partial<Plan>), stopping: 'e-value' });
    const decide =
      () =>
      ({ i }: { i: number }) =>
        i === 3 ? ('stop' as const) : ('go on' as const);
    const cut = (n: number) => withLines((all) => all.slice(0, n));
    const at = (n: number) => ({
      plan: stopping,
      transcript: cut(n),
      run: { ...run, end: 'stopped', used: n } as const,
      result: evaluate(stopping, lines.slice(0, n), { keys }),
    });
    expect(await forged(at(4), { decide })).toBe('undefined: undefined');
    expect(await forged(at(5), { decide })).toMatch(/^transcript\.jsonl: expected the end at line 4/);
    expect(await forged(at(3), { decide })).toMatch(/^run\.json: expected the end budget, got stopped/);
    expect(await forged(at(4))).toMatch(/a stopping rule, and none was given/);
  });

  it('by another version only where figures differ by more than 1e-12 of their size', async () => {
    const { lnP } = result as { lnP: number };
    const off = (by: number) => ({ result: { ...(result as object), lnP: lnP * (1 + by) } });
    expect(await forged(off(3e-13), { version: '2.0.0' })).toBe('undefined: undefined');
    expect(await forged(off(3e-12), { version: '2.0.0' })).toMatch(/result\.lnP/);
    expect(await forged(off(3e-13))).toMatch(/result\.lnP/);
  });
});

describe('differences', () => {
  it.each<[unknown, unknown, string[]]>([
    [{ a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }, []],
    [{ a: [1, { b: 'x' }] }, { a: [1, { b: 'y' }] }, ['result.a[1].b: expected "x", got "y"']],
    [{ a: 1 }, {}, ['result.a: expected 1, got undefined']],
    [[1, 2], [1], ['result[1]: expected 2, got undefined']],
    [[], {}, ['result: expected an array, got an object']],
    [null, 0, ['result: expected null, got 0']],
    [{ a: 1 }, { a: 1 + 2 ** -52 }, [`result.a: expected 1, got ${1 + 2 ** -52}`]],
    [{ toString: 1 }, {}, ['result.toString: expected 1, got undefined']],
  ])('%j and %j', (expected, got, words) => {
    expect(differences(expected, got)).toEqual(words);
  });
});

function linesOf(plan: Plan) {
  const random = seeded(2);
  const words = ['the', 'river', 'of', 'a', 'letter', 'came', 'and', 'was', 'her', 'house'];
  const all = parsePrompts(prompts);
  return Array.from(planOrder(6, plan.order.seed), (at, i) => {
    const reply = Array.from({ length: 40 }, () => words[Math.floor(random() * words.length)]).join(' ');
    const { id, prompt } = all[at] as { id: string; prompt: string };
    return { i, id, prompt, reply, finish: 'stop' };
  });
}

/** The next double away from 0. */
function nextUp(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0);
}
