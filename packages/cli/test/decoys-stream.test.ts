/** `taggant detect` with decoy keys, and on a stream. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectError, jsonLines, leaks, open, run, SECRET_HEX, temporaryFolder, writeTokens } from './command.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const DESCRIPTOR = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/2', delta: 2, contextWidth: 2 } as const;
const mark = open(DESCRIPTOR);
const ENGINE = { mark: 'tgi/greenlist', config: { hash_key: 715_827_883 }, vocabSize: 1000 };
const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const documents = (seeds: number[], marks: Parameters<typeof writeTokens>[0], length = 24) =>
  seeds.map((seed) => line({ id: `text ${seed}`, tokens: writeTokens(marks, length, seed) })).join('');

folder.file('mark.json', { ...DESCRIPTOR, secret: SECRET_HEX });
folder.file('layers.json', [{ ...DESCRIPTOR, secret: SECRET_HEX }]);
folder.file('engine.json', ENGINE);
folder.file('fixed.json', { mark: 'unigram/xuandong23b', config: { watermark_key: 7 }, vocabSize: 1000 });
folder.file('two.jsonl', documents([1], [mark], 60) + documents([2], [], 60));
folder.file('marked.jsonl', documents([11, 12, 13, 14, 15, 16], [mark]));
folder.file('plain.jsonl', documents([21, 22, 23, 24], []));

const detect = (name: string, inputs: string, ...args: string[]) =>
  run(['detect', '--mark', name, '--tokens', inputs, ...args], { cwd });

describe.concurrent('taggant detect --decoy-keys', () => {
  it('ranks the key among random ones and says whether they are uniform', async () => {
    const { status, stdout } = await detect('mark.json', 'two.jsonl', '--decoy-keys', '2000', '--seed', 'a', '--json');
    const [found, none] = jsonLines(stdout);
    const lnP = Math.log(1 / 2001);
    expect(found).toMatchObject({
      id: 'text 1',
      decoyKeys: { count: 2001, atLeast: 1, lnP, p: Math.exp(lnP), seed: 'a' },
    });
    expect(found?.decoyKeys.ks).toMatchObject({ n: 2000 });
    expect(found?.decoyKeys.ks.lnP).toBeGreaterThan(Math.log(1e-4));
    expect(none?.decoyKeys.atLeast).toBeGreaterThan(1);
    expect(status).toBe(0);
  });

  it('gives the same lines for the same seed, from two threads too, and others for another', async () => {
    const args = ['--decoy-keys', '500', '--json', '--seed'];
    const [one, two, other] = await Promise.all([
      detect('mark.json', 'two.jsonl', ...args, 'a'),
      detect('mark.json', 'two.jsonl', ...args, 'a', '--threads', '2'),
      detect('mark.json', 'two.jsonl', ...args, 'b'),
    ]);
    expect(two.stdout).toBe(one.stdout);
    expect(other.stdout).not.toBe(one.stdout);
  });

  it('draws a seed when none is given, and says in words what it found', async () => {
    folder.file('one.jsonl', documents([1], [mark], 60));
    const { stdout } = await detect('mark.json', 'one.jsonl', '--decoy-keys', '1000');
    expect(stdout).toMatch(/rank 1 of 1001 keys\n/);
    expect(stdout).toMatch(
      /Of 1001 keys, 1 scores at least as high, its own counted in: p = 0\.0010 by rank alone\. The p-values of the 1000 decoys look uniform \(Kolmogorov-Smirnov p = .*\)\. Made from --seed "[0-9a-f]{32}"\./,
    );
  });

  it("draws keys of an engine's mark", async () => {
    const { stdout } = await detect('engine.json', 'two.jsonl', '--decoy-keys', '300', '--seed', 'a', '--json');
    const lines = jsonLines(stdout);
    expect(lines).toHaveLength(2);
    for (const { decoyKeys } of lines) {
      expect(decoyKeys).toMatchObject({ count: 301, ks: { n: 300 } });
      expect(decoyKeys.ks.lnP).toBeGreaterThan(Math.log(1e-4));
    }
  });

  it('refuses what cannot be ranked, or not again', async () => {
    const decoys = ['--decoy-keys', '10'];
    expectError(await detect('layers.json', 'two.jsonl', ...decoys), /--decoy-keys expected one mark, got the layers/);
    expectError(await detect('mark.json', 'two.jsonl', ...decoys, '--cohorts', '0-9'), /--decoy-keys ranks the key/);
    expectError(await detect('mark.json', 'two.jsonl', '--seed', 'a'), /--seed goes with --decoy-keys/);
    expectError(
      await detect('mark.json', 'two.jsonl', ...decoys, '--output', 'out.jsonl', '--resume'),
      /--resume with --decoy-keys expected the --seed/,
    );
    expectError(await detect('mark.json', 'two.jsonl', '--decoy-keys', '0'), /an integer from 1 to 16777216/);
  });
});

describe.concurrent('taggant detect --stream', () => {
  it('prints a line a document, and is marked for good once E has reached 1/alpha', async () => {
    const { status, stdout } = await detect('mark.json', 'marked.jsonl', '--stream', '--json');
    const lines = jsonLines(stdout);
    expect(lines.map(({ id }) => id)).toEqual([11, 12, 13, 14, 15, 16].map((seed) => `text ${seed}`));
    expect(lines.map(({ documents }) => documents)).toEqual([1, 2, 3, 4, 5, 6]);
    const crossed = lines.map((one) => one.crossed);
    expect(crossed[0]).toBe(false);
    expect(crossed.at(-1)).toBe(true);
    expect(crossed).toEqual([...crossed].sort());
    for (const { verdict, crossed, lnE, lnSup, lnP } of lines) {
      expect(verdict).toBe(crossed ? 'marked' : 'inconclusive');
      expect(crossed).toBe(lnSup >= Math.log(1e6));
      expect(lnSup).toBeGreaterThanOrEqual(lnE);
      expect(lnP).toBe(0 - lnSup);
    }
    expect(status).toBe(0);
  });

  it('is inconclusive on text without the mark, and counts a copy once', async () => {
    folder.file('copies.jsonl', documents([21, 21, 21], []));
    const { status, stdout } = await detect('mark.json', 'copies.jsonl', '--stream', '--json');
    const lines = jsonLines(stdout);
    expect(new Set(lines.map(({ n }) => n)).size).toBe(1);
    expect(new Set(lines.map(({ lnE }) => lnE)).size).toBe(1);
    expect(status).toBe(3);
  });

  it('says it in words', async () => {
    const marked = await detect('mark.json', 'marked.jsonl', '--stream');
    expect(marked.stdout).toMatch(
      /^marked {8}text 16 {2}evidence, E = \d\.\de\d+, p = .* at any stop, n = \d+, documents = 6$/m,
    );
    expect(marked.stdout).toMatch(
      /\nCarries the mark \(.*\): E reached .* over \d+ distinct pairs of 6 documents, .*whatever rule stopped the stream\.\n$/,
    );
    const plain = await detect('mark.json', 'plain.jsonl', '--stream');
    expect(plain.stdout).toMatch(/Not enough evidence of the mark: E reached .*, and 1\/alpha is 1\.0e6\./);
  });

  it('goes on after an interruption as if there had been none', async () => {
    const args = ['--stream', '--output'];
    await detect('mark.json', 'marked.jsonl', ...args, 'whole.jsonl');
    folder.file('broken.jsonl', `${documents([11, 12, 13], [mark])}broken\n`);
    expect((await detect('mark.json', 'broken.jsonl', ...args, 'cut.jsonl')).status).toBe(2);
    const partial = join(cwd, 'cut.jsonl.partial');
    expect(jsonLines(readFileSync(partial, 'utf8'))).toHaveLength(3);
    // The same file, mended: its new size and time are put into the record of the work.
    folder.file('broken.jsonl', documents([11, 12, 13, 14, 15, 16], [mark]));
    const { size, mtime } = statSync(join(cwd, 'broken.jsonl'));
    const work = JSON.parse(readFileSync(`${partial}.json`, 'utf8'));
    Object.assign(work.tokens[0], { bytes: size, modified: mtime.toISOString() });
    writeFileSync(`${partial}.json`, JSON.stringify(work));
    expect((await detect('mark.json', 'broken.jsonl', ...args, 'cut.jsonl', '--resume')).status).toBe(0);
    expect(readFileSync(join(cwd, 'cut.jsonl'), 'utf8')).toBe(readFileSync(join(cwd, 'whole.jsonl'), 'utf8'));
  });

  it('refuses what is no stream of one mark', async () => {
    for (const other of [
      ['--cohorts', '0-9'],
      ['--decode', '4'],
      ['--decoys', '9'],
      ['--decoy-keys', '9'],
    ]) {
      const refused = new RegExp(`--stream follows one mark; it does not go with ${other[0]}`);
      expectError(await detect('mark.json', 'two.jsonl', '--stream', ...other), refused);
    }
    expectError(await detect('mark.json', 'two.jsonl', '--stream', '--threads', '2'), /goes with --threads 1/);
    expectError(await detect('layers.json', 'two.jsonl', '--stream'), /--stream and --decoy-keys expected one mark/);
    expectError(
      await detect('engine.json', 'two.jsonl', '--stream', '--dedup', 'pair'),
      /"dedup" expected context for a/,
    );
    expectError(await detect('fixed.json', 'two.jsonl', '--stream'), /expected one with a context for a stream/);
  });
});

it('no key was printed', () => {
  expect(leaks()).toEqual([]);
});
