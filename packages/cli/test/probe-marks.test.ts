/** `taggant probe` with what a plan may name besides a mark: accounts, served contexts, a deck, another engine's mark. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { deriveKey, Keyring, Secret } from '@taggant/core';
import { writeKeyringFile } from '@taggant/core/keyring-file';
import { Deck, ServedContexts, triggerOf } from '@taggant/probes';
import { readAssignmentFile, sha256OfFile, writeAssignmentFile, writeServedFile } from '@taggant/probes/runner';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { expectError, jsonLines, run } from './command.ts';
import { answersOf, expectNoSecrets, keep, lines, markOf, type Place, PROMPTS, places } from './probe-place.ts';

// Every command is a process of its own: on a busy machine dozens of them take minutes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const place = places();
const all: Place[] = [];
const OFFLINE = ['--prompts', 'prompts.jsonl', '--offline', '--decoys', '100'];
const PLAN = ['probe', 'plan', 'plan.json', '--mark', 'mark.json', ...OFFLINE];
const RUN = ['probe', 'run', 'plan.json', '--answers', 'answers.jsonl'];

const random = (length: number) => new Uint8Array(randomBytes(length));

afterAll(() => expectNoSecrets(all));

function setUp() {
  const at = place();
  all.push(at);
  at.write('prompts.jsonl', PROMPTS);
  const { kid } = keep(at);
  at.write('mark.json', markOf(kid));
  return at;
}

describe.concurrent('accounts', () => {
  it('get secret numbers and keys that join the keyring; the one whose text it was is named, and no number is told; the opened test holds elsewhere', async () => {
    const at = setUp();
    const { taggant, json, read, write, mode, path } = at;
    write('accounts.jsonl', lines(['acme', 'globex', 'initech'].map((id) => ({ id }))));
    const create = ['--create', '--add', 'accounts.jsonl', '--epoch', 'q4'];
    const exported = ['--export', 'marks.jsonl', '--mark', 'mark.json'];
    const created = await taggant('probe', 'accounts', 'taggant-accounts.json', ...create, ...exported);
    expect(created).toMatchObject({ status: 0, stdout: expect.stringMatching(/^accounts {4}3, numbers below \d+\n/) });
    expect(['taggant-accounts.json', 'marks.jsonl', 'taggant-keys.json'].map(mode)).toEqual([0o600, 0o600, 0o600]);

    const served: { account: string; marks: { cohort: number; kid: string }[] }[] = jsonLines(read('marks.jsonl'));
    expect(served.map(({ account }) => account)).toEqual(['acme', 'globex', 'initech']);
    const kids = json('taggant-keys.json').keys.map(({ kid }: { kid: string }) => kid);
    for (const { marks } of served) expect(kids).toContain(marks[0].kid);

    // The owner's list and the account's on one text.
    write('layers.json', [json('mark.json'), served[1].marks[0]]);
    write('answers.jsonl', await answersOf(at, ['--mark', 'layers.json'], 3));
    expect((await taggant(...PLAN, '--accounts', 'taggant-accounts.json')).status).toBe(0);
    const { status, stdout } = await taggant(...RUN, '--json');
    const result = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(result.verdict).toBe('found');
    expect(result.accounts.named).toMatchObject([{ kind: 'account', id: 'globex' }]);

    const told = [...readdirSync(path('plan.json.run')).map((name) => `plan.json.run/${name}`), 'plan.json'];
    for (const text of [stdout, ...told.map(read)]) {
      for (const { marks } of served) expect(text).not.toMatch(new RegExp(`\\b${marks[0].cohort}\\b`));
    }
    const closed = ['--out', 'closed', '--with-accounts', '--accounts', 'other.json', '--keyring', 'none.json'];
    writeAssignmentFile(path('other.json'), readAssignmentFile(path('taggant-accounts.json')).withAccounts([], random));
    expectError(
      await taggant('probe', 'open', 'plan.json', ...closed),
      /other\.json: this is not the assignment that was/,
    );
    const opened = ['--out', 'opened', '--reveal-keys', '--with-accounts'];
    expect((await taggant('probe', 'open', 'plan.json', ...opened)).status).toBe(0);
    const check = ['probe', 'check', '.', '--keyring', 'none.json', '--accounts', 'none.json'];
    expect(await run(check, { cwd: path('opened') })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^All holds/),
    });

    const again = ['probe', 'accounts', 'taggant-accounts.json', '--create'];
    expectError(await taggant(...again), /taggant-accounts\.json exists already: numbers in it are in use/);
  });
});

describe.concurrent('served contexts', () => {
  it('are all that counts, without weights where the tested key marked them; another file of them is refused', async () => {
    const at = setUp();
    const { taggant, write, read, json } = at;
    const answers = await answersOf(at, ['--mark', 'mark.json'], 4);
    write('answers.jsonl', answers);
    const texts: string[] = jsonLines(answers).map(({ reply }) => reply);
    // Four of six answers repeat what was served, the first of them twice.
    const log = [...texts.slice(0, 4), texts[0]];
    write('log.jsonl', lines(log.map((text) => ({ text }))));
    const served = ['probe', 'served', 'served.bin', '--mark', 'mark.json', '--logs'];
    await taggant(...served, 'log.jsonl');
    expectError(
      await taggant(...PLAN, '--served', 'served.bin'),
      /served\.bin: logs that a tested key marked need token ids as they were generated, got 5 of 5 texts/,
    );
    write('log.jsonl', lines(log.map((text) => ({ tokens: [...tinyLmTokenizer().encode(text)] }))));
    expect((await taggant(...served, 'log.jsonl')).stdout).toMatch(/^served\.bin: \d+ contexts of 5 texts\n$/);
    expectError(
      await taggant(...PLAN, '--served', 'served.bin', '--stopping', 'e-value'),
      /"plan\.stopping" expected fixed beside logs that a tested key marked/,
    );
    expect((await taggant(...PLAN, '--served', 'served.bin')).status).toBe(0);
    expect(json('plan.json').served).toMatchObject({ file: 'served.bin', logs: 'marked', weights: false });
    const { status, stdout } = await taggant(...RUN, '--json');
    const [{ positions, audit }] = JSON.parse(stdout).marks;
    expect(status).toBe(0);
    expect(positions.excluded.notServed).toBeGreaterThan(60);
    expect(audit.n).toBeGreaterThan(100);
    expect(audit.weighted).toBeUndefined();
    expect(audit.lnP).toBeLessThan(Math.log(1e-6));

    write('log.jsonl', lines([{ tokens: [...tinyLmTokenizer().encode(texts[5])] }]));
    await taggant(...served, 'log.jsonl');
    const result = read('plan.json.run/result.json');
    expectError(await taggant(...RUN), /served contexts \(sha256\): planned "/);
    expect(read('plan.json.run/result.json')).toBe(result);
    expectError(await taggant(...served, 'none.jsonl'), /^taggant: cannot read none\.jsonl: no such file/);
  });
});

it('served contexts of another width or tokenizer than the mark has are refused, when it is planned and when it is run', async () => {
  const at = setUp();
  const { taggant, write, json, path } = at;
  const tokenizer = tinyLmTokenizer().id;
  const serve = (contextWidth: number, id = tokenizer) => {
    writeServedFile(path('served.bin'), new ServedContexts({ contextWidth, tokenizer: id }));
    return sha256OfFile(path('served.bin'));
  };
  const { contextWidth } = json('mark.json');
  const other = { name: 'other', vocabSize: 5000, sha256: 'ab'.repeat(32) };
  const wrong: [() => string, RegExp][] = [
    [
      () => serve(contextWidth + 1),
      new RegExp(`served\\.bin: "served" expected contexts of width ${contextWidth}, got ${contextWidth + 1}$`),
    ],
    [
      () => serve(contextWidth, other),
      /served\.bin: "tokenizer" expected the mark's "tiny-lm" \(4096 ids, .*\), got "other" \(5000 ids, .*\)$/,
    ],
  ];
  for (const [make, expected] of wrong) {
    make();
    expectError(await taggant(...PLAN, '--served', 'served.bin'), expected);
    expect(existsSync(path('plan.json'))).toBe(false);
  }
  serve(contextWidth);
  expect(await taggant(...PLAN, '--served', 'served.bin')).toMatchObject({ status: 0 });
  write('answers.jsonl', '');
  for (const [make, expected] of wrong) {
    const sha256 = make();
    write('plan.json', { ...json('plan.json'), served: { ...json('plan.json').served, sha256 } });
    expectError(await taggant(...RUN), expected);
    expect(existsSync(path('plan.json.run'))).toBe(false);
  }
});

describe.concurrent('canaries', () => {
  it('find who was told what the suspect says, under the key that drew, and nothing under another', async () => {
    const at = setUp();
    const { taggant, write, read, mode, json } = at;
    const deck = ['deck.json', '--example', '--prompts', 'prompts.jsonl', '--export', 'told.jsonl'];
    const drawn = await taggant('probe', 'canaries', ...deck);
    expect(drawn).toMatchObject({ status: 0, stdout: expect.stringMatching(/^deck {2}[0-9a-f]{64}\n/) });
    expect(mode('told.jsonl')).toBe(0o600);
    const [, { texts }] = jsonLines(read('told.jsonl'));
    const asked = jsonLines(read('prompts.jsonl'));
    expect(texts).toHaveLength(asked.length);
    const parsed = Deck.parse(json('deck.json'));
    const said = (id: string) => `I would say ${texts[parsed.placeOf(triggerOf(id))]}.`;
    write('answers.jsonl', lines(asked.map(({ id }) => ({ id, reply: said(id) }))));

    const plan = (name: string, ...flags: string[]) =>
      taggant('probe', 'plan', name, '--deck', 'deck.json', '--prompts', 'prompts.jsonl', '--offline', ...flags);
    expect((await plan('plan.json')).status).toBe(0);
    const found = await taggant(...RUN);
    expect([found.status, found.stdout]).toEqual([0, expect.stringMatching(/^Found/)]);

    // The opened test holds, curve and all, and a point of the curve that is none is noticed.
    expect((await taggant('probe', 'open', 'plan.json', '--out', 'opened')).status).toBe(0);
    expect((await taggant('probe', 'check', 'opened')).stdout).toMatch(/^All holds/);
    const [result, manifest] = [json('opened/result.json'), json('opened/manifest.json')];
    expect(result.canaries.curve.at(-1).replies).toBe(asked.length);
    result.canaries.curve[40].lnE += 0.01;
    write('opened/result.json', `${JSON.stringify(result, null, 2)}\n`);
    manifest.files['result.json'].sha256 = sha256OfFile(at.path('opened/result.json'));
    write('opened/manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
    const { status: differs, stdout: difference } = await taggant('probe', 'check', 'opened');
    expect([differs, difference]).toEqual([
      1,
      expect.stringMatching(/^result\.json: result\.canaries\.curve\[40\]\.lnE: /),
    ]);

    keep(at, 'other-keys.json', 8);
    const other = ['--keyring', 'other-keys.json'];
    expect((await plan('other.json', ...other)).status).toBe(0);
    const run = ['probe', 'run', 'other.json', '--answers', 'answers.jsonl', '--json'];
    const { status, stdout } = await taggant(...run, ...other);
    expect([status, JSON.parse(stdout).verdict]).toEqual([3, 'nothing-found']);
  });
});

it('canaries are exported under a secret that is chosen before anything is written', async () => {
  const at = setUp();
  const { taggant, path } = at;
  const secrets = [1, 2].map((byte) => Secret.fromBytes(new Uint8Array(32).fill(byte)));
  const keys = [
    ...secrets.map((secret) => ({ secret, key: deriveKey(secret, 'greenlist'), status: 'active' as const })),
    { secret: secrets[0], key: deriveKey(secrets[0], 'greenlist', 'another label'), status: 'active' as const },
  ];
  writeKeyringFile(path('two-keys.json'), new Keyring(keys));
  writeKeyringFile(path('one-keys.json'), new Keyring([keys[0], keys[2]]));
  const [first, second, third] = keys.map(({ key }) => key.kid);
  const canaries = (keyring: string, ...flags: string[]) => {
    const wanted = ['deck.json', '--example', '--prompts', 'asked.jsonl', '--export', 'told.jsonl'];
    return taggant('probe', 'canaries', ...wanted, '--keyring', keyring, ...flags);
  };
  expectError(await canaries('none.json'), /cannot read keyring none\.json: no such file/);
  expectError(
    await canaries('two-keys.json'),
    new RegExp(`several master secrets: choose the one that draws, of ${first}, ${second}, ${third}`),
  );
  expectError(
    await canaries('two-keys.json', '--kid', '0'.repeat(16)),
    /--kid expected one of [0-9a-f, ]+, got another/,
  );
  expect(['deck.json', 'asked.jsonl', 'told.jsonl'].filter((name) => existsSync(path(name)))).toEqual([]);
  // Two labels of one secret draw alike.
  expect((await canaries('one-keys.json')).status).toBe(0);
  const told = jsonLines(at.read('told.jsonl'));
  expectError(
    await canaries('one-keys.json'),
    /deck\.json exists already: leave out --example to use the deck that is/,
  );
  const again = ['deck.json', '--export', 'again.jsonl', '--keyring', 'two-keys.json', '--kid', third];
  expect((await taggant('probe', 'canaries', ...again)).status).toBe(0);
  expect(jsonLines(at.read('again.jsonl'))).toEqual(told);
});

describe.concurrent("another engine's mark", () => {
  it('is committed to with a salt, which is secret and must be there', async () => {
    const at = setUp();
    const { taggant, write, mode, json, path } = at;
    const config = { greenlist_ratio: 0.25, bias: 3, hashing_key: 987654321987, seeding_scheme: 'lefthash' };
    const tokenizer = tinyLmTokenizer().id;
    const engine = { mark: 'hf/greenlist', config: { ...config, context_width: 1 }, vocabSize: 4096, tokenizer };
    write('engine-keys.json', engine);
    const imported = ['--mark', 'engine-keys.json', '--out', 'engine.json'];
    expect(await taggant('keys', 'import', ...imported)).toMatchObject({ status: 0, stderr: '' });
    write('answers.jsonl', await answersOf(at, ['--mark', 'engine.json'], 5));
    expect(await taggant('probe', 'plan', 'plan.json', '--mark', 'engine.json', ...OFFLINE)).toMatchObject({
      status: 0,
    });
    expect(mode('plan.json.salts.json')).toBe(0o600);
    expect(json('plan.json.salts.json').salts).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    const { status, stdout } = await taggant(...RUN, '--json');
    const [{ decoys }] = JSON.parse(stdout).marks;
    expect([status, decoys.count, decoys.atLeast]).toEqual([0, 101, 1]);
    const salt: string = json('plan.json.salts.json').salts[0];
    for (const name of ['plan.json', 'plan.json.run/result.json', 'plan.json.run/report.html']) {
      expect(at.read(name)).not.toMatch(new RegExp(`${salt}|${config.hashing_key}`));
    }
    expect(stdout).not.toContain(String(config.hashing_key));
    write('plan.json.salts.json', '{"salts": []}');
    expectError(await taggant(...RUN), /no key whose commitment, with its salt from plan\.json\.salts\.json, is/);
    expect(readdirSync(path('.'))).toContain('plan.json.run');
  });
});
