/** `taggant verify`, the real command: configs, deployments, outputs, exit status. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveKey, Keyring, type Mark, openMark, Secret } from '@taggant/core';
import { writeKeyringFile } from '@taggant/core/keyring-file';
import { describe, expect, it } from 'vitest';
import { expectError, leaks, open, run, SECRET_HEX, temporaryFolder, writeTokens } from './command.ts';

const { path: cwd, file: write } = temporaryFolder();
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');

/** Marked and unmarked ids under a mark with an inline key: no model is needed to test the command. */
const MARK = { mark: 'taggant/1', scheme: 'greenlist', contextWidth: 1, delta: 2 } as const;
const mark = open(MARK);
const TEXTS = 48;
const lines = (marks: readonly Mark[], seed: number) =>
  Array.from({ length: TEXTS }, (_, i) => JSON.stringify({ tokens: writeTokens(marks, 80, 1000 * seed + i) })).join(
    '\n',
  );
write('mark.json', { ...MARK, secret: SECRET_HEX });
write('marked.jsonl', lines([mark], 1));
write('later.jsonl', lines([mark], 2));
write('weaker.jsonl', lines([open({ ...MARK, delta: 1 })], 3));
write('plain.jsonl', lines([], 4));
const expectations = {
  detection: [{ tokens: 64, alpha: 1e-3, least: 0.8 }],
  falseAlarms: { most: 0.3 },
  repetition: false,
  distinct: false,
};
const config = (change: object) => ({
  mark: 'mark.json',
  model: { outputs: 'marked.jsonl', unmarked: 'plain.jsonl' },
  maxTokens: 80,
  expect: expectations,
  ...change,
});
const verify = (...args: string[]) => run(['verify', ...args], { cwd });

describe('taggant verify', () => {
  it('passes marked outputs, says so in every format, and writes a baseline', async () => {
    write('taggant.config.json', config({}));
    const { status, stdout, stderr } = await verify(
      ...['--json', 'r.json', '--junit', 'j.xml', '--sarif', 's.sarif', '--markdown', 'm.md', '--html', 'g.html'],
      ...['--save-baseline', 'baseline.json'],
    );
    expect(stderr).toContain('warning: ');
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^Passed: \d of \d checks hold\./);
    expect(JSON.parse(read('r.json'))).toMatchObject({
      gate: 'taggant/1',
      outcome: 'passed',
      deployment: 'marked.jsonl',
    });
    expect(read('j.xml')).toMatch(/^<\?xml/);
    expect(JSON.parse(read('s.sarif')).version).toBe('2.1.0');
    expect(read('m.md')).toContain('found at p');
    expect(read('g.html')).toMatch(/^<!doctype html>/i);
    expect(JSON.parse(read('baseline.json'))).toMatchObject({ baseline: 'taggant/1' });
    const files = ['r.json', 'j.xml', 's.sarif', 'm.md', 'g.html', 'baseline.json'];
    expect(leaks(files.map((name) => ({ args: [name], text: read(name) })))).toEqual([]);
  });

  it('against a baseline noise passes, and half the delta fails, with the check that says so', async () => {
    write('later.json', config({ model: { outputs: 'later.jsonl', unmarked: 'plain.jsonl' } }));
    const later = await verify('--config', 'later.json', '--against', 'baseline.json');
    expect(later.status, later.stdout).toBe(0);
    write('weaker.json', config({ model: { outputs: 'weaker.jsonl', unmarked: 'plain.jsonl' } }));
    const weaker = await verify('--config', 'weaker.json', '--against', 'baseline.json', '--json');
    expect(weaker.status).toBe(1);
    const { outcome, checks } = JSON.parse(weaker.stdout);
    expect(outcome).toBe('failed');
    expect(checks.find(({ id }: { id: string }) => id === 'against/strength').outcome).toBe('failed');
  });

  it('fails unmarked outputs, and writes no baseline of them', async () => {
    write('plain.json', config({ model: { outputs: 'plain.jsonl' }, expect: { detection: expectations.detection } }));
    const { status, stderr } = await verify('--config', 'plain.json', '--save-baseline', 'bad.json');
    expect(status).toBe(1);
    expect(stderr).toContain('no baseline written: the gate failed');
    expect(existsSync(join(cwd, 'bad.json'))).toBe(false);
  });

  it('is undecided, with status 3, when the texts are too few to say', async () => {
    write('few.json', config({ texts: { first: 4, most: 4 } }));
    expect((await verify('--config', 'few.json')).status).toBe(3);
  });

  it('takes a config in TypeScript and a deployment that is a module', async () => {
    write(
      'gate.ts',
      `const least: number = 0.8;
export default { mark: 'mark.json', model: { module: 'serve.mjs' }, prompts: ['x', 'y'], maxTokens: 80,
  expect: { detection: [{ tokens: 64, alpha: 1e-3, least }], choice: false }, texts: { first: 48, most: 48 } };`,
    );
    write(
      'serve.mjs',
      `import { readFileSync } from 'node:fs';
const lines = readFileSync(new URL('marked.jsonl', import.meta.url), 'utf8').split('\\n').map((line) => JSON.parse(line));
export const writesUnmarked = false;
export const generate = async ({ id }) => lines[Number(id)];`,
    );
    const { status, stdout, stderr } = await verify('--config', 'gate.ts');
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain('module serve.mjs');
  });

  it('names a key of the keyring that was forgotten when keys were changed', async () => {
    const keys = ['new', 'old'].map(() => {
      const secret = Secret.generate();
      return { secret, key: deriveKey(secret, 'greenlist'), status: 'active' as const };
    });
    writeKeyringFile(join(cwd, 'keys.json'), new Keyring().with(keys[0]).with(keys[1]));
    const [fresh, old] = keys.map(({ key }) => key);
    write('old.jsonl', lines([openMark(MARK, old)], 5));
    write('rotated.json', {
      ...config({ model: { outputs: 'old.jsonl' }, expect: { detection: expectations.detection } }),
      mark: { ...MARK, kid: fresh.kid },
      keyring: 'keys.json',
    });
    const { status, stdout, stderr } = await verify('--config', 'rotated.json', '--json');
    expect(status, stderr).toBe(1);
    expect(JSON.parse(stdout).findings.join()).toContain(`the texts carry the mark of the key ${old.kid} instead`);
  });

  it('names the module that threw', async () => {
    write('oom.mjs', "export const write = () => { throw new Error('out of memory'); };");
    write('oom.json', config({ model: { module: 'oom.mjs' }, prompts: ['x'] }));
    const { status, stderr } = await verify('--config', 'oom.json');
    expect(stderr).toMatch(/^taggant: oom\.mjs: out of memory$/m);
    expect(status).toBe(2);
  });

  it.each([
    ['a missing config', ['--config', 'none.json'], {}, /none\.json/],
    ['a misspelt field', ['--config', 'bad-1.json'], { texst: {} }, /bad-1\.json: unknown field "texst" in "config"/],
    [
      'a misspelt threshold',
      ['--config', 'bad-2.json'],
      { expect: { detection: [{ tokens: 64, lest: 1 }] } },
      /unknown field "lest"/,
    ],
    [
      'a share above 1',
      ['--config', 'bad-3.json'],
      { expect: { detection: [{ tokens: 64, least: 2 }] } },
      /config\.expect\.detection\[0\]\.least" expected a number from 0 to 1, got 2/,
    ],
    [
      'no deployment',
      ['--config', 'bad-4.json'],
      { model: {} },
      /"config\.model" expected one of folder, module, endpoint, outputs, got none/,
    ],
    ['two deployments', ['--config', 'bad-5.json'], { model: { folder: 'x', outputs: 'y' } }, /got folder and outputs/],
    ['outputs that are not there', ['--config', 'bad-6.json'], { model: { outputs: 'none.jsonl' } }, /none\.jsonl/],
    [
      'an unknown attack',
      ['--config', 'bad-7.json'],
      { tokenizer: 'tiny-lm', expect: { survival: [{ attack: 'bribe', least: 1 }] } },
      /bribe/,
    ],
    ['a baseline that is none', ['--against', 'mark.json'], {}, /mark\.json: baseline expected/],
    [
      'an output where there is no folder',
      ['--junit', 'none/j.xml'],
      {},
      /cannot write none\/j\.xml: there is no folder/,
    ],
    [
      'a threshold that cannot be measured here',
      ['--config', 'bad-8.json'],
      { model: { outputs: 'marked.jsonl' }, expect: { ...expectations, perplexity: { most: 1.01 } } },
      /"expect\.falseAlarms" needs unmarked texts to compare with, and there is none/,
    ],
    [
      'a threshold without bounds',
      ['--config', 'bad-9.json'],
      { expect: { ...expectations, length: {} } },
      /"config\.expect\.length" expected "least" or "most", got neither/,
    ],
    [
      'a length that is never reached',
      ['--config', 'bad-10.json'],
      { expect: { detection: [{ tokens: 500, least: 0.5 }] } },
      /"expect\.detection" expected at most the 80 tokens that are asked for \(maxTokens\), got 500/,
    ],
    [
      'levels beyond what can be drawn',
      ['--config', 'bad-11.json'],
      { levels: { falseFailure: 1e-9 } },
      /falseFailure/,
    ],
  ])('refuses %s', async (_, args, change, message) => {
    const name = args[args.indexOf('--config') + 1];
    if (args.includes('--config') && name !== 'none.json') write(name, config(change));
    expectError(await verify(...args), message);
  });
});

describe('taggant verify coverage', () => {
  it('counts by traffic class, names what contradicts its settings, and gives each response its class', async () => {
    const row = (id: string, marks: readonly Mark[], seed: number, more: object) =>
      JSON.stringify({ id, tokens: writeTokens(marks, 400, seed), ...more });
    write('known.jsonl', Array.from({ length: 20 }, (_, i) => row(`k${i}`, [mark], 8000 + i, {})).join('\n'));
    write(
      'served.jsonl',
      [
        ...Array.from({ length: 40 }, (_, i) => row(`m${i}`, [mark], 5000 + i, { class: 'chat', temperature: 1 })),
        ...Array.from({ length: 5 }, (_, i) => row(`o${i}`, [], 6000 + i, { class: 'chat', watermark: false })),
        ...Array.from({ length: 6 }, (_, i) => row(`u${i}`, [], 7000 + i, { class: 'batch', temperature: 1 })),
      ].join('\n'),
    );
    const { status, stdout } = await run(
      [
        ...['verify', 'coverage', 'served.jsonl', '--mark', 'mark.json', '--least', '0.9', '--known', 'known.jsonl'],
        ...['--responses', 'classes.jsonl', '--json'],
      ],
      { cwd },
    );
    const result = JSON.parse(stdout);
    expect(result.outcome, JSON.stringify(result.byClass)).toBe('failed');
    expect(status).toBe(1);
    const counts = (of: string) => result.byClass.find((row: { of: string }) => row.of === of).counts;
    expect(counts('chat')).toMatchObject({ marked: 40, 'opted-out': 5 });
    expect(counts('batch')).toMatchObject({ unmarked: 6 });
    expect(result.contradictions).toEqual([expect.objectContaining({ kind: 'not-as-configured', n: 6 })]);
    expect(read('classes.jsonl').trim().split('\n')).toHaveLength(51);
    expect(leaks([{ args: ['classes'], text: read('classes.jsonl') }])).toEqual([]);
    const table = await run(['verify', 'coverage', 'served.jsonl', '--mark', 'mark.json'], { cwd });
    expect(table.status).toBe(0);
    expect(table.stdout).toMatch(/6 that should be marked and are not:\n {2}u0: /);
  });

  it('in a gate fails where batches are unmarked, and decides nothing where all opted out', async () => {
    const coverage = { responses: 'served.jsonl', least: 0.9, known: 'known.jsonl' };
    write('covered.json', config({ coverage }));
    const covered = await verify('--config', 'covered.json', '--json');
    const check = (stdout: string, name: string) =>
      JSON.parse(stdout).checks.find(({ id }: { id: string }) => id === name);
    expect(covered.status, covered.stderr).toBe(1);
    expect(check(covered.stdout, 'coverage/batch').outcome).toBe('failed');
    expect(check(covered.stdout, 'coverage').message).toMatch(/6 unmarked, 6 not marked as configured$/);
    const none = Array.from({ length: 8 }, (_, i) => JSON.stringify({ id: i, tokens: [1, 2], watermark: false }));
    write('none-served.jsonl', none.join('\n'));
    write('none.json', config({ coverage: { ...coverage, responses: 'none-served.jsonl' } }));
    const opted = await verify('--config', 'none.json', '--json');
    expect(opted.status).toBe(3);
    expect(check(opted.stdout, 'coverage')).toMatchObject({
      outcome: 'undecided',
      message: 'no eligible responses to go by; in all 8 opted-out',
    });
  });

  it('names the line that it cannot read', async () => {
    write('broken.jsonl', '{"id": "a", "tokens": [1, 2, 3]}\n{"tokens": [1]}\n');
    expectError(
      await run(['verify', 'coverage', 'broken.jsonl', '--mark', 'mark.json'], { cwd }),
      /broken\.jsonl:2: "id" expected an id, got nothing/,
    );
  });
});

it('no word of any of these commands holds the secret', () => expect(leaks()).toEqual([]));
