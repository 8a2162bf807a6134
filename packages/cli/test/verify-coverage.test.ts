/** `taggant verify coverage`, the real command, on logs that are delivered twice, hostile, or of another shape. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mark } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import { expectError, jsonLines, leaks, open, run, SECRET_HEX, temporaryFolder, writeTokens } from './command.ts';

const { path: cwd, file: write } = temporaryFolder();
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');

const MARK = { mark: 'taggant/1', scheme: 'greenlist', contextWidth: 1, delta: 2 } as const;
const mark = open(MARK);
write('mark.json', { ...MARK, secret: SECRET_HEX });

/** `marks` none: not marked. */
const row = (marks: readonly Mark[], seed: number, more: object) => ({
  tokens: writeTokens(marks, 400, seed),
  ...more,
});
const log = (name: string, rows: readonly object[]) => write(name, rows.map((one) => JSON.stringify(one)).join('\n'));
const coverage = (name: string, ...args: string[]) =>
  run(['verify', 'coverage', name, '--mark', 'mark.json', ...args], { cwd });
/** Strong enough for 400 tokens; without ids. */
log(
  'known.jsonl',
  Array.from({ length: 20 }, (_, i) => row([mark], 100 + i, {})),
);
const KNOWN = ['--known', 'known.jsonl'];

describe('a response that is logged again', () => {
  const one = row([mark], 1, { id: 'r1' });
  log('again.jsonl', [...Array.from({ length: 300 }, () => one), row([], 2, { id: 'r2' })]);

  it('counts once, and the table says so', async () => {
    const { status, stdout } = await coverage('again.jsonl', ...KNOWN, '--least', '0.9', '--responses', 'once.jsonl');
    expect(status, stdout).toBe(3);
    expect(stdout).toMatch(/^all +2 +1 of 2 /m);
    expect(stdout).toContain('Not counted: 299 with an id that came before.');
    expect(jsonLines(read('once.jsonl')).map(({ id }) => id)).toEqual(['r1', 'r2']);
  });

  it('and so does the JSON', async () => {
    const { stdout } = await coverage('again.jsonl', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ duplicates: 299, all: { n: 2 } });
  });
});

describe("ids and classes that are commands to a pipeline's runner", () => {
  const commands = [
    '::add-mask::e',
    '::stop-commands::x',
    '  ::error file=README.md,line=1::no',
    ':',
    '##vso[task.setvariable variable=x]y',
    'a###[error]b',
    'a\n::error::b',
  ];
  log(
    'hostile.jsonl',
    commands.map((id, i) => row([], 10 + i, { id, class: id })),
  );

  it('are none in the table', async () => {
    // Of a kind at most five are shown.
    for (const part of [commands.slice(0, 4), commands.slice(4)]) {
      log(
        'part.jsonl',
        part.map((id, i) => row([], 20 + i, { id, class: `${id} class` })),
      );
      const { stdout } = await coverage('part.jsonl', ...KNOWN);
      expect(stdout).toContain(`${part.length} that should be marked and are not`);
      expect(stdout).not.toMatch(/^\s*::|##/m);
    }
  });

  it('are none in JSON, which reads the same', async () => {
    const { stdout } = await coverage('hostile.jsonl', ...KNOWN, '--json', '--responses', 'hostile-classes.jsonl');
    for (const text of [stdout, read('hostile-classes.jsonl')]) expect(text).not.toMatch(/^\s*::|##/m);
    const { byClass, contradictions } = JSON.parse(stdout);
    expect(byClass.map(({ of }: { of: string }) => of)).toEqual(commands.toSorted());
    expect(contradictions[0].first.map(({ id }: { id: string }) => id)).toEqual(commands);
    expect(jsonLines(read('hostile-classes.jsonl')).map(({ id }) => id)).toEqual(commands);
  });
});

describe('the table claims no more than is known', () => {
  it('with --known a marked response may be weaker, in its footer and in what contradicts the settings', async () => {
    log('plain.jsonl', [row([], 30, { id: 'r1' })]);
    const { stdout } = await coverage('plain.jsonl', ...KNOWN);
    expect(stdout).toContain('a marked response is weaker than expected with a chance of at most 5 %');
    expect(stdout).toContain(
      '1 that should be marked and are not, or are among the 5 % that are weaker than --known makes expected:',
    );
    const assumed = await coverage('plain.jsonl');
    expect(assumed.stdout).not.toContain('weaker');
  });

  it('what is assumed without --known is said without it only', async () => {
    log('short.jsonl', [{ id: 'r1', tokens: [1, 2, 3] }]);
    const said = 'one bit of choice a token is assumed';
    expect((await coverage('short.jsonl')).stdout).toContain(said);
    const { stdout } = await coverage('short.jsonl', ...KNOWN);
    expect(stdout).toContain('None is eligible');
    expect(stdout).not.toContain(said);
  });
});

it('a log of another shape hears what a line has', async () => {
  log('nested.jsonl', [{ request: { temperature: 1 }, response: { text: 'a' } }]);
  expectError(
    await coverage('nested.jsonl'),
    /nested\.jsonl:1: "id" expected an id, got nothing: a line has an id \(id, request_id, .* or text \(text, .*readServed/,
  );
});

it('the help tells the log of a config from the file that is written', async () => {
  const [gate, audit] = await Promise.all([
    run(['verify', '--help'], { cwd }),
    run(['verify', 'coverage', '--help'], { cwd }),
  ]);
  expect(gate.stdout).toMatch(/coverage\.responses is the log of served responses, which is read;\s+--responses/);
  expect(audit.stdout.replace(/\s+/g, ' ')).toContain(
    "is written (a config's coverage.responses is the log, which is read)",
  );
});

describe('a file of secrets that a config names by mistake is sent to nobody', () => {
  const KEYRING = { keyring: 'taggant/1', keys: [{ kid: 'k', scheme: 'greenlist', secret: SECRET_HEX }] };
  const layered = [{ ...MARK }, { ...MARK, secret: SECRET_HEX }];
  write('keys.json', JSON.stringify(KEYRING, null, 2));
  write('keys.jsonl', KEYRING);
  write('layered.txt', layered);
  write('first-line.txt', `\n${JSON.stringify({ ...MARK, secret: SECRET_HEX })}\nand prose\n`);
  write('engine.json', { mark: 'hf/greenlist', config: { hashing_key: 987654321 }, vocabSize: 1000 });
  write('prompts.txt', 'It was late\n\nIn the morning');

  /** The model is not asked before the texts are read: nothing listens there. */
  const gate = (change: object) => {
    write('gate.json', {
      mark: 'mark.json',
      tokenizer: 'tiny-lm',
      model: { endpoint: 'http://127.0.0.1:9/v1', model: 'm' },
      prompts: 'prompts.txt',
      ...change,
    });
    return run(['verify', '--config', 'gate.json'], { cwd });
  };

  it.each([
    ['prompts', { prompts: 'keys.json' }, /keys\.json: expected texts, got a keyring, which holds secret keys$/],
    ['prompts as JSONL', { prompts: 'keys.jsonl' }, /keys\.jsonl:1: expected texts, got a keyring/],
    ['layers', { prompts: 'layered.txt' }, /layered\.txt: expected texts, got a mark with its secret key$/],
    ['a mark before prose', { prompts: 'first-line.txt' }, /first-line\.txt: expected texts, got a mark with its/],
    ["an engine's mark", { prompts: 'engine.json' }, /engine\.json: expected texts, got a mark with its secret key$/],
    ['words', { attacks: { words: 'keys.json' } }, /keys\.json: expected texts, got a keyring/],
    ["people's texts", { attacks: { human: 'mark.json' } }, /mark\.json: expected texts, got a mark with its secret/],
  ])('%s', async (_, change, message) => {
    expectError(await gate(change), message);
  });
});

it('no word of any of these commands holds the secret', () => expect(leaks()).toEqual([]));
