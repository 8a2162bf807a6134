import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseDescriptor } from '@taggant/core';
import { afterAll, describe, expect, it } from 'vitest';
import { everythingSaid, expectError, jsonLines, leaks, run, temporaryFolder, watchKeyring } from './command.ts';

const folder = temporaryFolder();
let folders = 0;

/** Each test has a folder of its own, so that they can run side by side. */
function place() {
  const cwd = join(folder.path, String(folders++));
  mkdirSync(cwd);
  const read = (name: string) => JSON.parse(readFileSync(join(cwd, name), 'utf8'));
  return { cwd, read, taggant: (...args: string[]) => run(args, { cwd }) };
}

describe.concurrent('taggant keygen', () => {
  it('writes a keyring of mode 600 and a public mark, and shows neither in the other', async () => {
    const { cwd, read, taggant } = place();
    const { status, stdout, stderr } = await taggant('keygen', '--mark', 'mark.json', '--tokenizer', 'tiny-lm');
    expect([status, stderr]).toEqual([0, '']);
    const [{ kid, secret, ...entry }] = read('taggant-keys.json').keys;
    expect(entry).toEqual({ scheme: 'greenlist', label: '', status: 'active' });
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    if (process.platform !== 'win32') expect(statSync(join(cwd, 'taggant-keys.json')).mode & 0o777).toBe(0o600);
    const mark = read('mark.json');
    expect(parseDescriptor(mark)).toEqual(mark);
    expect(mark).toMatchObject({
      kid,
      gamma: '1/4',
      delta: 2,
      contextWidth: 2,
      tokenizer: { name: 'tiny-lm', vocabSize: 4096 },
    });
    expect(stdout).toContain(kid);
    expect(stdout).toMatch(/commitment {2}[0-9a-f]{64}\n/);
    expect(readdirSync(cwd).sort()).toEqual(['mark.json', 'taggant-keys.json']);
  });

  it('prints the mark alone to stdout when it has no file', async () => {
    const { taggant } = place();
    const { stdout, stderr } = await taggant('keygen', '--scheme', 'tournament', '--layers', '8', '--cohort', '3');
    expect(JSON.parse(stdout)).toMatchObject({ scheme: 'tournament', layers: 8, contextWidth: 4, cohort: 3 });
    expect(stderr).toContain(JSON.parse(stdout).kid);
  });

  it('prints one object with --json, labels and validity included', async () => {
    const { read, taggant } = place();
    const flags = [
      '--scheme',
      'gumbel',
      '--label',
      'tenant',
      '--not-before',
      '2026-01-01',
      '--not-after',
      '2027-01-01T00:00:00+01:00',
    ];
    const { stdout } = await taggant('keygen', ...flags, '--json');
    const [{ kid, commitment, scheme, label, keyring, mark, descriptor }] = jsonLines(stdout);
    expect([scheme, label, keyring, mark]).toEqual(['gumbel', 'tenant', 'taggant-keys.json', null]);
    expect([commitment.slice(0, 16), descriptor.kid]).toEqual([kid, kid]);
    expect(read('taggant-keys.json').keys[0]).toMatchObject({
      ...{ kid, label: 'tenant' },
      ...{ notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2026-12-31T23:00:00.000Z' },
    });
  });

  it('takes the width of the logits from the config.json beside a tokenizer', async () => {
    const { cwd, taggant } = place();
    mkdirSync(join(cwd, 'opt'));
    const model = new URL('../../tiny-lm/model/', import.meta.url);
    writeFileSync(join(cwd, 'opt', 'tokenizer.json'), readFileSync(new URL('tokenizer.json', model)));
    writeFileSync(join(cwd, 'opt', 'config.json'), '{"vocab_size": 4224}');
    const { stdout } = await taggant('keygen', '--tokenizer', 'hf:opt/tokenizer.json');
    expect(JSON.parse(stdout).tokenizer).toMatchObject({ name: 'opt', vocabSize: 4224 });
  });

  it('adds keys and keeps the others, also when several run at once', async () => {
    const { cwd, read, taggant } = place();
    const kids = (await Promise.all([1, 2, 3].map(() => taggant('keygen', '--json')))).map(
      ({ stdout }) => JSON.parse(stdout).kid,
    );
    expect(
      read('taggant-keys.json')
        .keys.map((entry: { kid: string }) => entry.kid)
        .sort(),
    ).toEqual(kids.sort());
    expect(readdirSync(cwd)).toEqual(['taggant-keys.json']);
  });

  it('replaces neither a mark, nor a keyring that others read, nor a file that is none', async () => {
    const { cwd, taggant } = place();
    writeFileSync(join(cwd, 'mark.json'), 'mine');
    writeFileSync(join(cwd, 'open.json'), '{"keyring":"taggant/1","keys":[]}', { mode: 0o644 });
    writeFileSync(join(cwd, 'diary.txt'), 'Dear diary', { mode: 0o600 });
    const before = readdirSync(cwd);
    expectError(await taggant('keygen', '--mark', 'mark.json'), /mark\.json exists already/);
    expectError(await taggant('keygen', '--keyring', 'open.json'), /expected mode 600, got 644/);
    expectError(await taggant('keygen', '--keyring', 'diary.txt'), /diary\.txt: keyring expected a JSON object/);
    expect(readFileSync(join(cwd, 'mark.json'), 'utf8')).toBe('mine');
    expect(readFileSync(join(cwd, 'diary.txt'), 'utf8')).toBe('Dear diary');
    expect(readdirSync(cwd)).toEqual(before);
  });

  it('makes no key when the mark would take its place, through a link too', async () => {
    const { cwd, taggant } = place();
    mkdirSync(join(cwd, 'vault'));
    if (process.platform !== 'win32') symlinkSync('vault', join(cwd, 'link'));
    const link = process.platform === 'win32' ? 'vault' : 'link';
    const before = readdirSync(cwd);
    const expected = /--mark and --keyring expected two files/;
    expectError(await taggant('keygen', '--keyring', 'k.json', '--mark', './k.json'), expected);
    expectError(await taggant('keygen', '--keyring', 'vault/k.json', '--mark', `${link}/k.json`), expected);
    expect([readdirSync(cwd), readdirSync(join(cwd, 'vault'))]).toEqual([before, []]);
  });

  it('shows what could drive a terminal in the names of its files', async () => {
    const { taggant } = place();
    const { stdout } = await taggant('keygen', '--keyring', 'a\u202eb.json', '--mark', 'c\u2028d.json');
    expect(stdout).toContain('secret key  a\\u{202e}b.json (');
    expect(stdout).toContain('mark        c\\u{2028}d.json (');
  });

  it('makes no key when a flag is wrong', async () => {
    const { cwd, taggant } = place();
    expectError(await taggant('keygen', '--gamma', '1/3'), /"gamma" expected a multiple of 1\/256/);
    expectError(
      await taggant('keygen', '--scheme', 'gumbel', '--delta', '2'),
      /unknown field "delta" in a gumbel mark/,
    );
    expectError(await taggant('keygen', '--not-after', '31.12.2026'), /ISO 8601/);
    expectError(
      await taggant('keygen', '--not-before', '2027-01-01', '--not-after', '2026-01-01'),
      /--not-after expected/,
    );
    expectError(await taggant('keygen', '--scheme', 'redlist'), /Allowed choices are greenlist, gumbel, tournament/);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('leaves a link to a keyring a link', async () => {
    const { cwd, read, taggant } = place();
    mkdirSync(join(cwd, 'vault'));
    writeFileSync(join(cwd, 'vault', 'keys.json'), '{"keyring":"taggant/1","keys":[]}', { mode: 0o600 });
    symlinkSync(join('vault', 'keys.json'), join(cwd, 'taggant-keys.json'));
    expect((await taggant('keygen')).status).toBe(0);
    expect(lstatSync(join(cwd, 'taggant-keys.json')).isSymbolicLink()).toBe(true);
    expect(read('vault/keys.json').keys).toHaveLength(1);
  });
});

describe.concurrent('taggant keys', () => {
  it('lists what is public, and sets the status that decides what a key may do', async () => {
    const { taggant } = place();
    const { kid, descriptor } = JSON.parse((await taggant('keygen', '--label', 'q1', '--json')).stdout);
    expect((await taggant('keys')).stdout).toMatch(new RegExp(`^kid .*\\n${kid} +greenlist +active +q1 +always\\n$`));
    expect((await taggant('keys', 'set', kid, '--status', 'detect-only')).stdout).toBe(`${kid} is detect-only\n`);
    const [listed] = jsonLines((await taggant('keys', '--json', '--keyring', 'taggant-keys.json')).stdout);
    expect(listed).toEqual({
      kid,
      scheme: 'greenlist',
      label: 'q1',
      status: 'detect-only',
      commitment: listed.commitment,
    });
    folder.file(`${folders - 1}/mark.json`, descriptor);
    expectError(
      await taggant('keys', 'set', '0123456789abcdef', '--status', 'retired'),
      /holds no key 0123456789abcdef \(it has [0-9a-f]{16}\)/,
    );
    expectError(await taggant('keys', 'set', kid, '--status', 'gone'), /Allowed choices/);
    expectError(await taggant('keys', '--keyring', 'no.json'), /cannot read keyring no\.json: no such file/);
  });

  it('a retired key detects only where its kid is named', async () => {
    const { cwd, taggant } = place();
    const { kid, descriptor } = JSON.parse((await taggant('keygen', '--json')).stdout);
    await taggant('keys', 'set', kid, '--status', 'retired');
    const { kid: _, ...anonymous } = descriptor;
    writeFileSync(join(cwd, 'named.json'), JSON.stringify(descriptor));
    writeFileSync(join(cwd, 'anonymous.json'), JSON.stringify(anonymous));
    const detect = (mark: string) => run(['detect', '--mark', mark, '--tokens', '-'], { cwd, input: '{"tokens":[1]}' });
    expect((await detect('named.json')).status).toBe(3);
    expectError(await detect('anonymous.json'), /expected one active or detect-only greenlist key/);
    expectError(await taggant('generate', '--mark', 'named.json'), /expected status active to mark with, got retired/);
  });
});

afterAll(() => {
  for (let i = 0; i < folders; i++) {
    const keyring = join(folder.path, String(i), 'taggant-keys.json');
    if (existsSync(keyring)) watchKeyring(keyring);
  }
  expect(everythingSaid()).toBeGreaterThan(20);
  expect(leaks()).toEqual([]);
});
