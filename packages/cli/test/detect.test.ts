import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { detectTokens } from '@taggant/detector';
import { describe, expect, it } from 'vitest';
import {
  everythingSaid,
  expectError,
  jsonLines,
  leaks,
  open,
  run,
  SECRET_HEX,
  start,
  temporaryFolder,
  writeTokens,
} from './command.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const DESCRIPTOR = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/4', delta: 3, contextWidth: 2 } as const;
const mark = open(DESCRIPTOR);
const marked = writeTokens([mark], 200, 1);
const plain = writeTokens([], 1000, 2);
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

folder.file('mark.json', { ...DESCRIPTOR, secret: SECRET_HEX });
folder.file('marked.jsonl', line({ id: 'a', tokens: marked }));
folder.file(
  'mixed.jsonl',
  [
    line({ id: 'short', tokens: [1, 2, 3] }),
    line({ id: 'plain', tokens: plain }),
    line({ id: 'marked', tokens: marked }),
  ].join(''),
);
folder.file('tiny.json', {
  ...{ ...DESCRIPTOR, secret: SECRET_HEX },
  tokenizer: { name: 'tiny-lm', vocabSize: 4096 },
});

const detect = (...args: string[]) => run(['detect', ...args], { cwd });
const detectInput = (input: string | Uint8Array, ...args: string[]) =>
  run(['detect', '--mark', 'mark.json', '--tokens', '-', ...args], { cwd, input });

describe.concurrent('taggant detect', () => {
  it('prints one JSON object per input, in order, with the numbers of the library', async () => {
    const { status, stdout } = await detect('--mark', 'mark.json', '--tokens', 'mixed.jsonl', '--json');
    const results = jsonLines(stdout);
    expect(results.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['short', 'inconclusive'],
      ['plain', 'not-marked'],
      ['marked', 'marked'],
    ]);
    for (const [i, tokens] of [[1, 2, 3], plain, marked].entries()) {
      const { lnP, p, n, score, z, reason } = detectTokens(tokens, mark);
      expect(results[i]).toMatchObject({
        lnP,
        p,
        n,
        score,
        z,
        reason,
        alpha: 1e-6,
        dedup: 'pair',
        calibration: 'none',
      });
      expect(results[i].description).toContain(String(n));
      expect(results[i].mark.kid).toBe(mark.descriptor.kid);
    }
    expect(status).toBe(0);
  });

  it('exits 0 when marked, 1 when not, 3 when inconclusive', async () => {
    const status = async (tokens: number[]) => (await detectInput(line({ tokens }))).status;
    expect(await Promise.all([status(marked), status(plain), status([1, 2, 3])])).toEqual([0, 1, 3]);
  });

  it('exits 3 for several inputs when none is marked and one is inconclusive, 1 when none is either', async () => {
    const none = await detectInput(line({ tokens: [1] }) + line({ tokens: plain }));
    const ruledOut = await detectInput(line({ tokens: plain }) + line({ tokens: plain }));
    expect([none.status, ruledOut.status]).toEqual([3, 1]);
    expect(none.stdout).toContain('1 inconclusive, 1 not-marked');
  });

  it('skips blank lines, and takes CRLF, a byte order mark, and ids that are left out', async () => {
    const input = `\uFEFF${line({ tokens: [1, 2, 3] }).replace('\n', '\r\n')}\r\n\n${JSON.stringify({ id: 7, tokens: [4] })}`;
    const { stdout } = await detectInput(input, '--json');
    expect(jsonLines(stdout).map(({ id }) => id)).toEqual(['stdin:1', 7]);
  });

  it('gives prompt tokens as context and does not score them', async () => {
    const lines = [
      { tokens: marked },
      { tokens: marked, prompt: [5, 6, 7] },
      { tokens: marked, promptTokens: [5, 6, 7], prompt: 'text' },
    ];
    const { stdout } = await detectInput(lines.map(line).join(''), '--json');
    const [without, with3, asGenerated] = jsonLines(stdout);
    expect([without.positions.withoutContext, with3.positions.withoutContext]).toEqual([2, 0]);
    expect(with3.n).toBe(without.n + 2);
    expect(asGenerated.lnP).toBe(with3.lnP);
  });

  it('takes null for a prompt that is left out', async () => {
    const lines = [
      { tokens: marked, prompt: null, promptTokens: [5, 6, 7] },
      { tokens: marked, prompt: null },
    ];
    const { stdout } = await detectInput(lines.map(line).join(''), '--json');
    expect(jsonLines(stdout).map(({ positions }) => positions.withoutContext)).toEqual([0, 2]);
    const text = ['detect', '--mark', 'tiny.json', '--text', '-', '--jsonl', '--json'];
    const read = await run(text, { cwd, input: line({ id: 'x', text: 'No.', prompt: null }) });
    expect(jsonLines(read.stdout)[0].id).toBe('x');
  });

  it('counts each context once with --dedup context', async () => {
    const tokens = [1, 2, 3, 1, 2, 4, 1, 2, 5];
    const { stdout } = await detectInput(line({ tokens }), '--dedup', 'context', '--json');
    expect(jsonLines(stdout)[0]).toMatchObject({
      dedup: 'context',
      n: detectTokens(tokens, mark, { dedup: 'context' }).n,
    });
  });

  it('prints position and score of each pair with --details', async () => {
    const { stdout } = await detectInput(line({ tokens: marked }), '--details', '--json');
    const [{ details, n, score }] = jsonLines(stdout);
    expect(details.positions).toHaveLength(n);
    expect(details.scores.reduce((a: number, b: number) => a + b, 0)).toBe(score);
  });

  it('writes null, and says so in words, where no length would do', async () => {
    folder.file('flat.json', { ...DESCRIPTOR, delta: 0, secret: SECRET_HEX });
    folder.file('plain.jsonl', line({ tokens: plain }));
    const { stdout, status } = await detect('--mark', 'flat.json', '--tokens', 'plain.jsonl', '--json');
    expect(jsonLines(stdout)[0].power.needed).toBeNull();
    expect(stdout).not.toContain('Infinity');
    expect(status).not.toBe(0);
  });

  it('explains a single input in words, without colours where nobody sees them', async () => {
    const { stdout } = await detect('--mark', 'mark.json', '--tokens', 'marked.jsonl');
    expect(stdout).toMatch(/^marked {8}a {2}evidence, p = .*\n\nCarries the mark .*\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('shows control characters of an id instead of sending them to the terminal', async () => {
    const { stdout } = await detectInput(line({ id: '\u001b[2J\nmarked\u202e\u2028', tokens: [1] }));
    expect(stdout).toContain('\\x1b[2J\\x0amarked\\u{202e}\\u{2028}');
  });

  it('prints each result before the next input arrives', async () => {
    const { child, ended } = start(['detect', '--mark', 'mark.json', '--tokens', '-', '--json'], { cwd });
    const first = new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdin.write(line({ id: 'early', tokens: [1] }));
    expect(await first).toContain('"early"');
    child.stdin.end(line({ id: 'late', tokens: [1] }));
    expect(jsonLines((await ended).stdout)).toHaveLength(2);
  });

  it('needs memory for one line only', async () => {
    const text = line({ tokens: writeTokens([], 20_000, 3) });
    const options = { cwd, node: ['--max-old-space-size=40', '--max-semi-space-size=2'] };
    const { child, ended } = start(['detect', '--mark', 'mark.json', '--tokens', '-', '--json'], options);
    for (let i = 0; i < 700; i++) {
      if (!child.stdin.write(text)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
    child.stdin.end();
    const { stdout, stderr, status } = await ended;
    expect(stderr).not.toContain('heap');
    expect([status, jsonLines(stdout).length]).toEqual([1, 700]);
  });

  it('stops quietly when nobody reads on', async () => {
    const { child, ended } = start(['detect', '--mark', 'mark.json', '--tokens', '-', '--json'], { cwd });
    child.stdout.once('data', () => child.stdout.destroy());
    for (let i = 0; i < 200; i++) child.stdin.write(line({ tokens: plain }));
    child.stdin.end();
    const { status, stderr } = await ended;
    expect([status, stderr.replace(/^taggant: warning: .*\n/, '')]).toEqual([2, '']);
  });

  describe('text', () => {
    it('takes the tiny-lm tokenizer when the mark says so, and a file as one text', async () => {
      folder.file('essay.txt', 'It was the best of times, it was the worst of times.\n');
      const { status, stdout } = await detect('--mark', 'tiny.json', '--text', 'essay.txt', '--json');
      expect(jsonLines(stdout)[0]).toMatchObject({ id: 'essay.txt', reason: 'too-short' });
      expect(jsonLines(stdout)[0].positions.seen).toBeGreaterThan(5);
      expect(status).toBe(3);
    });

    it('reads JSONL by name or with --jsonl, several files in order, and a prompt as context', async () => {
      folder.file('one.jsonl', line({ id: 'x', text: 'No.', prompt: 'Do you remember?' }) + line({ text: 'No.' }));
      folder.file('two.txt', line({ id: 'y', text: 'Yes.' }));
      const { stdout } = await detect('--mark', 'tiny.json', '--text', 'one.jsonl', 'two.txt', '--jsonl', '--json');
      const [withPrompt, without, other] = jsonLines(stdout);
      expect([withPrompt.id, without.id, other.id]).toEqual(['x', 'one.jsonl:2', 'y']);
      expect([withPrompt.positions.withoutContext, without.positions.withoutContext]).toEqual([0, 2]);
      const common = await run(
        ['detect', '--mark', 'tiny.json', '--text', '-', '--prompt-text', 'Do you remember?', '--json'],
        {
          cwd,
          input: 'No.',
        },
      );
      expect(jsonLines(common.stdout)[0]).toMatchObject({ id: '-', lnP: withPrompt.lnP, n: withPrompt.n });
    });

    it('takes tiktoken by name, and a tokenizer.json under the name of the mark', async () => {
      folder.file('essay2.txt', 'It was the best of times');
      folder.file('gpt.json', {
        ...DESCRIPTOR,
        secret: SECRET_HEX,
        tokenizer: { name: 'tiktoken:o200k_base', vocabSize: 200019 },
      });
      folder.file('own.json', { ...DESCRIPTOR, secret: SECRET_HEX, tokenizer: { name: 'my-model', vocabSize: 4096 } });
      const model = fileURLToPath(new URL('../../tiny-lm/model/tokenizer.json', import.meta.url));
      const [gpt, own] = await Promise.all([
        detect('--mark', 'gpt.json', '--text', 'essay2.txt', '--tokenizer', 'tiktoken:o200k_base', '--json'),
        detect('--mark', 'own.json', '--text', 'essay2.txt', '--tokenizer', `hf:${model}`, '--json'),
      ]);
      expect(jsonLines(gpt.stdout)[0].positions.seen).toBe(6);
      expect(jsonLines(own.stdout)[0].mark.tokenizer.name).toBe('my-model');
      expect(gpt.stderr).not.toContain('sha256');
    });

    it('takes the tokenizer that the mark names, if it comes along', async () => {
      folder.file('essay3.txt', 'It was the best of times');
      const tokenizer = { name: 'tiktoken:o200k_base', vocabSize: 200019 };
      const of = async (name: string, fields: object) => {
        folder.file(name, { ...DESCRIPTOR, secret: SECRET_HEX, tokenizer: { ...tokenizer, ...fields } });
        return detect('--mark', name, '--text', 'essay3.txt', '--json');
      };
      expect(jsonLines((await of('gpt1.json', {})).stdout)[0].positions.seen).toBe(6);
      expectError(await of('gpt2.json', { vocabSize: 1000 }), /"tokenizer" expected the mark's .*1000 ids/);
      expectError(await of('gpt3.json', { name: 'tiktoken:none' }), /"encoding" expected/);
      expectError(await of('gpt4.json', { name: 'my-model' }), /--text needs --tokenizer: .* the mark's is "my-model"/);
    });

    it('warns when nothing but the flag says that a file is the tokenizer of the mark', async () => {
      const model = fileURLToPath(new URL('../../tiny-lm/model/tokenizer.json', import.meta.url));
      const sha256 = createHash('sha256').update(readFileSync(model)).digest('hex');
      const tokenizer = { name: 'my-model', vocabSize: 4096 };
      const stderrOf = async (name: string, fields: object) => {
        folder.file(name, { ...DESCRIPTOR, secret: SECRET_HEX, ...fields });
        const flags = ['--mark', name, '--text', '-', '--tokenizer', `hf:${model}`];
        return (await run(['detect', ...flags], { cwd, input: 'It was' })).stderr;
      };
      const warning = `taggant: warning: the mark names no sha256 of its tokenizer, so nothing checks that ${model} is it; with another tokenizer no mark is found\n`;
      expect(await stderrOf('named.json', { tokenizer })).toContain(warning);
      expect(await stderrOf('nameless.json', {})).toContain(warning);
      expect(await stderrOf('hashed.json', { tokenizer: { ...tokenizer, sha256 } })).not.toContain('sha256');
    });

    it('calls an empty text inconclusive', async () => {
      folder.file('empty.txt', '');
      const { status, stdout } = await detect('--mark', 'tiny.json', '--text', 'empty.txt', '--json');
      expect(jsonLines(stdout)[0]).toMatchObject({ verdict: 'inconclusive', reason: 'too-short', n: 0, lnP: 0, p: 1 });
      expect(status).toBe(3);
    });
  });

  describe('layers', () => {
    const account = { ...DESCRIPTOR, cohort: 5 } as const;
    folder.file('stack.json', [
      { ...DESCRIPTOR, secret: SECRET_HEX },
      { ...account, secret: SECRET_HEX },
    ]);

    it('reports the family-wise p of the best layer, and every layer', async () => {
      const tokens = writeTokens([open(account)], 200, 4);
      const { status, stdout } = await run(['detect', '--mark', 'stack.json', '--tokens', '-', '--json'], {
        cwd,
        input: line({ tokens }),
      });
      const [{ verdict, lnP, correction, layers, mark: best }] = jsonLines(stdout);
      expect(layers.map((layer: { lnP: number }) => layer.lnP)).toEqual(
        [DESCRIPTOR, account].map((descriptor) => detectTokens(tokens, open(descriptor)).lnP),
      );
      expect(lnP).toBe(layers[1].lnP + Math.log(2));
      expect(correction).toEqual({ method: 'bonferroni', tests: 2 });
      expect([status, verdict, best.cohort]).toEqual([0, 'marked', 5]);
    });

    it('does not rule out a stack while one of its layers is open', async () => {
      const { stdout, status } = await detect('--mark', 'stack.json', '--tokens', 'mixed.jsonl', '--json');
      expect(jsonLines(stdout).map(({ verdict }) => verdict)).toEqual(['inconclusive', 'not-marked', 'marked']);
      expect(status).toBe(0);
    });
  });

  it('warns of an inline key on stderr, also with --json', async () => {
    const { stderr } = await detect('--mark', 'mark.json', '--tokens', 'marked.jsonl', '--json');
    expect(stderr).toBe('taggant: warning: mark.json carries its key inline; that is for tests and experiments only\n');
  });

  it('refuses engine marks that it does not know', async () => {
    folder.file('engine.json', { mark: 'hf/red-list', config: { hashing_key: 15485863 } });
    expectError(await detect('--mark', 'engine.json', '--tokens', 'marked.jsonl'), /unknown mark "hf\/red-list"/);
  });
});

it('no secret was said', () => {
  expect(everythingSaid()).toBeGreaterThan(20);
  expect(leaks()).toEqual([]);
});
