/** Whatever is wrong with the input, the answer is one line on standard error and status 2, and no secret in it. */

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { deriveKey, Secret } from '@taggant/core';
import { describe, expect, it } from 'vitest';
import {
  everythingSaid,
  expectError,
  jsonLines,
  leaks,
  run,
  runInShell,
  SECRET,
  SECRET_HEX,
  temporaryFolder,
  watch,
} from './command.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const MARK = { mark: 'taggant/1', scheme: 'greenlist' };
const INLINE = { ...MARK, secret: SECRET_HEX };
const TINY = { ...INLINE, tokenizer: { name: 'tiny-lm', vocabSize: 4096 } };
const { kid: KID } = deriveKey(Secret.fromBytes(SECRET), 'greenlist');
const KEYRING = keyringOf(SECRET);
const SHORT = watch(Uint8Array.from({ length: 31 }, (_, i) => 255 - i));

folder.file('mark.json', INLINE);
folder.file('tiny.json', TINY);
folder.file('ids.jsonl', '{"id":"a","tokens":[1,2,3]}\n');
mkdirSync(join(cwd, 'folder'));

const tokens = (input: string | Uint8Array, mark = 'mark.json') =>
  run(['detect', '--mark', mark, '--tokens', '-', '--json'], { cwd, input });
const withMark = (name: string, content: unknown, ...args: string[]) =>
  run(['detect', '--mark', folder.file(name, content), '--tokens', 'ids.jsonl', ...args], { cwd });
const withKeyring = (name: string, content: unknown, mode: number, ...args: string[]) =>
  withMark('keyless.json', MARK, '--keyring', folder.file(name, content, mode), ...args);

describe.concurrent('files', () => {
  const cases: Record<string, [args: string[], message: RegExp]> = {
    'a missing mark': [['--mark', 'no.json', '--tokens', 'ids.jsonl'], /cannot read no\.json: no such file/],
    'missing tokens': [['--mark', 'mark.json', '--tokens', 'no.jsonl'], /cannot read no\.jsonl: no such file/],
    'a folder for tokens': [['--mark', 'mark.json', '--tokens', 'folder'], /cannot read folder: is a folder/],
    'a folder for a text': [['--mark', 'tiny.json', '--text', 'folder'], /cannot read folder: is a folder/],
    'a folder for a mark': [['--mark', 'folder', '--tokens', 'ids.jsonl'], /cannot read folder: is a folder/],
    'a folder for a keyring': [
      ['--mark', 'bare.json', '--keyring', 'folder', '--tokens', 'ids.jsonl'],
      /folder: is a folder/,
    ],
    'a missing keyring': [
      ['--mark', 'bare.json', '--tokens', 'ids.jsonl'],
      /taggant-keys\.json: no such file .*--keyring/,
    ],
    'two readers of stdin': [['--mark', '-', '--tokens', '-'], /stdin \(-\) can be read once/],
    'no input': [['--mark', 'mark.json'], /either --tokens or --text/],
    'tokens and text': [['--mark', 'mark.json', '--tokens', 'ids.jsonl', '--text', 'x'], /either --tokens or --text/],
    'a tokenizer for tokens': [
      ['--mark', 'mark.json', '--tokens', 'ids.jsonl', '--tokenizer', 'tiny-lm'],
      /--tokenizer goes with --text/,
    ],
    'an unknown flag': [
      ['--mark', 'mark.json', '--frobnicate'],
      /unknown option '--frobnicate' \(see taggant detect --help\)/,
    ],
    'a secret typed as a flag': [['--mark', 'mark.json', `--secret=${SECRET_HEX}`], /unknown option '--secret'/],
    'alpha 0': [
      ['--mark', 'mark.json', '--tokens', 'ids.jsonl', '--alpha', '0'],
      /'--alpha <p>' argument '0' is invalid.*\(0, 1\)/,
    ],
    'alpha in words': [['--mark', 'mark.json', '--tokens', 'ids.jsonl', '--alpha', '1e-6x'], /--alpha/],
    'no tokenizer': [
      ['--mark', 'mark.json', '--text', 'ids.jsonl'],
      /--text needs --tokenizer: tiny-lm, tiktoken:NAME .* or hf:PATH/,
    ],
    'another tokenizer': [
      ['--mark', 'tiny.json', '--text', 'ids.jsonl', '--tokenizer', 'tiktoken:o200k_base'],
      /expected the mark's "tiny-lm" .*"tiktoken:o200k_base"/,
    ],
    'an unknown encoding': [
      ['--mark', 'mark.json', '--text', 'ids.jsonl', '--tokenizer', 'tiktoken:x'],
      /"encoding" expected one of/,
    ],
    'an unknown tokenizer': [
      ['--mark', 'mark.json', '--text', 'ids.jsonl', '--tokenizer', 'gpt4'],
      /--tokenizer expected tiny-lm/,
    ],
    'a tokenizer.json that is none': [
      ['--mark', 'mark.json', '--text', 'ids.jsonl', '--tokenizer', 'hf:mark.json'],
      /mark\.json: expected a Hugging Face tokenizer\.json/,
    ],
  };
  folder.file('bare.json', MARK);

  for (const [what, [args, message]] of Object.entries(cases)) {
    it(`refuses ${what}`, async () => expectError(await run(['detect', ...args], { cwd }), message));
  }

  it('refuses a tokenizer file with the right name and another hash', async () => {
    const model = fileURLToPath(new URL('../../tiny-lm/model/tokenizer.json', import.meta.url));
    const mark = folder.file('hash.json', { ...INLINE, tokenizer: { ...TINY.tokenizer, sha256: 'ab'.repeat(32) } });
    expectError(
      await run(['detect', '--mark', mark, '--text', 'ids.jsonl', '--tokenizer', `hf:${model}`], { cwd }),
      /sha256 abab/,
    );
  });

  const base64 = Buffer.from(SECRET).toString('base64');
  const typed: string[][] = [SECRET_HEX, base64].flatMap((secret) => [
    ['keygen', '--cohort', secret],
    ['keygen', '--scheme', secret],
    ['keygen', '--tokenizer', secret],
    ['keygen', '--tokenizer', `hf:${secret}`],
    ['keygen', '--tokenizer', `tiktoken:${secret}`],
    ['detect', '--mark', 'mark.json', '--alpha', secret],
    ['detect', '--mark', 'mark.json', `--${secret}`],
    ['keys', 'set', 'x', '--status', secret],
    [secret],
  ]);
  it('hides a secret in the place of any other value', async () => {
    const all = await Promise.all(typed.map((args) => run(args, { cwd })));
    for (const ended of all) expectError(ended, /./);
  });

  it('describes a secret in the place of the name of the tokenizer', async () => {
    const mark = folder.file('named.json', { ...INLINE, tokenizer: { name: SECRET_HEX, vocabSize: 4096 } });
    expectError(
      await run(['detect', '--mark', mark, '--text', 'ids.jsonl'], { cwd }),
      /--text needs --tokenizer: .*, the mark's is text of length 64/,
    );
  });

  it('quotes long flags and paths all the same', async () => {
    expectError(await run(['keygen', '--allow-readable-keyrin'], { cwd }), /Did you mean --allow-readable-keyring\?/);
    expectError(
      await run(['keygen', '--tokenizer', 'hf:no/Meta-Llama-3-8B-Instruct-and-more/tokenizer.json'], { cwd }),
      /cannot read no\/Meta-Llama-3-8B-Instruct-and-more\/tokenizer\.json: no such file/,
    );
  });

  it('refuses an unknown command and says how to get help without one', async () => {
    expectError(await run(['detetc'], { cwd }), /unknown command 'detetc' \(Did you mean detect\?\)/);
    const bare = await run([], { cwd });
    expect([bare.status, bare.stderr.startsWith('Usage: taggant')]).toEqual([2, true]);
  });

  it('shows a stack to those who ask for it only', async () => {
    const { stderr } = await run(['detect', '--mark', 'no.json', '--tokens', '-'], {
      cwd,
      env: { TAGGANT_DEBUG: '1' },
    });
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe.concurrent('lines', () => {
  const good = '{"id":"good","tokens":[1,2,3]}\n';
  const bad: Record<string, [line: string, message: RegExp]> = {
    'a line that was cut off': [
      '{"id":"x","tokens":[1,2',
      /stdin:3: expected JSON, got text that is none, or that was cut off/,
    ],
    'an array': ['[1,2]', /stdin:3: expected a JSON object a line, got an array/],
    'a number': ['7', /stdin:3: expected a JSON object a line, got a number/],
    'no tokens': ['{"id":"x"}', /stdin:3: "tokens" expected an array/],
    'tokens as text': ['{"tokens":"1 2 3"}', /stdin:3: "tokens" expected an array/],
    'a negative token': ['{"tokens":[1,-2]}', /stdin:3: "tokens\[1\]" expected a token id from 0 to 16777214, got -2/],
    'a token that is too large': ['{"tokens":[16777215]}', /stdin:3: "tokens\[0\]" expected .* got 16777215/],
    'a fraction': ['{"tokens":[1.5]}', /stdin:3: "tokens\[0\]" expected .* got 1\.5/],
    'a token as text': ['{"tokens":["1"]}', /stdin:3: "tokens\[0\]" expected .* got "1"/],
    null: ['{"tokens":[null]}', /stdin:3: "tokens\[0\]" expected .* got null/],
    'a token in depth': [
      `{"tokens":[1,${'['.repeat(50_000)}${']'.repeat(50_000)}]}`,
      /stdin:3: "tokens\[1\]" expected a token id, got an array/,
    ],
    'a prompt as text': ['{"tokens":[1],"prompt":"Hello"}', /stdin:3: "prompt" expected an array of token ids/],
    'a bad prompt token': ['{"tokens":[1],"prompt":[-1]}', /stdin:3: "prompt\[0\]" expected a token id/],
    'two prompts': ['{"tokens":[1],"prompt":[1],"promptTokens":[2]}', /stdin:3: .*got both/],
    'an id that is an object': ['{"id":{},"tokens":[1]}', /stdin:3: "id" expected a string or an integer/],
  };

  for (const [what, [line, message]] of Object.entries(bad)) {
    it(`keeps the results before ${what}`, async () => {
      const ended = await tokens(`${good}\n${line}`);
      expectError(ended, message);
      expect(jsonLines(ended.stdout).map(({ id }) => id)).toEqual(['good']);
    });
  }

  it('refuses ids beyond the vocabulary of the mark', async () => {
    expectError(
      await tokens('{"tokens":[4095,4096]}', 'tiny.json'),
      /stdin:1: "tokens\[1\]" expected a token id from 0 to 4095/,
    );
  });

  it('refuses an input without lines', async () => {
    expectError(await tokens(''), /stdin: expected at least one input, got none/);
    expectError(await tokens('\n \r\n'), /stdin: expected at least one input, got none/);
  });

  it('names the byte where UTF-8 ends, also beyond the first chunk', async () => {
    const long = Buffer.from(`{"id":"${'\u00e4\ud83d\ude00'.repeat(200_000)}","tokens":[1]}\n`);
    const ended = await tokens(Buffer.concat([long, Buffer.from('{"id":"x\xff"}', 'latin1')]));
    expectError(ended, new RegExp(`stdin:2: expected UTF-8, got an invalid sequence at byte ${long.length + 8}$`));
    expect(jsonLines(ended.stdout)).toHaveLength(1);
  });

  it('refuses a text that ends within a character', async () => {
    const text = Buffer.from('caf\u00e9').subarray(0, 4);
    const ended = await run(['detect', '--mark', 'tiny.json', '--text', '-'], { cwd, input: text });
    expectError(ended, /stdin: expected UTF-8, got an invalid sequence at byte 4/);
  });

  it('takes a line of twenty megabytes', async () => {
    const ids = Array.from({ length: 4_000_000 }, (_, i) => i % 1000);
    const { status, stdout } = await tokens(JSON.stringify({ id: 'long', tokens: ids }));
    expect([status, jsonLines(stdout)[0].positions.seen]).toEqual([1, ids.length]);
  });

  it('refuses texts of wrong types and half characters', async () => {
    const text = (input: string) => run(['detect', '--mark', 'tiny.json', '--text', '-', '--jsonl'], { cwd, input });
    expectError(await text('{"text":7}'), /stdin:1: "text" expected a string/);
    expectError(await text('{"text":"x","prompt":[1]}'), /stdin:1: "prompt" expected a string/);
    expectError(await text('{"text":"\\ud800"}'), /stdin:1: "text" holds half a character/);
  });
});

describe.concurrent('marks', () => {
  const bad: Record<string, [mark: unknown, message: RegExp]> = {
    'gamma 1/3': [{ ...INLINE, gamma: '1/3' }, /"gamma" expected a multiple of 1\/256 .* got "1\/3"/],
    'an unknown scheme': [
      { ...INLINE, scheme: 'redlist' },
      /"scheme" expected one of greenlist, gumbel, tournament, got "redlist"/,
    ],
    'a misspelt field': [{ ...INLINE, contextwidth: 2 }, /unknown field "contextwidth"/],
    'a width of 5': [{ ...INLINE, contextWidth: 5 }, /"contextWidth" expected an integer from 0 to 4, got 5/],
    'a cohort of 2^24': [{ ...INLINE, cohort: 2 ** 24 }, /"cohort" expected an integer from 0/],
    'a secret of 31 bytes': [
      { ...MARK, secret: Buffer.from(SHORT).toString('hex') },
      /"secret" expected at least 32 bytes, got 31/,
    ],
    'a secret that is not hex': [
      { ...MARK, secret: Buffer.from(SECRET).toString('base64') },
      /"secret" expected an even number of hex digits, got text of length 44/,
    ],
    'a secret as numbers': [{ ...MARK, secret: [...SECRET] }, /"secret" expected .* got a value of type object/],
    'a secret in place of the kid': [{ ...INLINE, kid: SECRET_HEX }, /"kid" expected 16 lower-case hex digits/],
    'a secret in place of the scheme': [{ ...INLINE, scheme: SECRET_HEX }, /"scheme" expected one of/],
    'a secret in place of the version': [{ ...INLINE, mark: SECRET_HEX }, /unknown mark/],
    'a secret as a field': [{ ...INLINE, [SECRET_HEX]: 1 }, /unknown field/],
    'the kid of another key': [{ ...INLINE, kid: '0123456789abcdef' }, /expected kid 0123456789abcdef, got /],
    'a label without a secret': [{ ...MARK, label: 'tenant' }, /"label" goes with an inline "secret"/],
    'an empty stack': [[], /expected at least one mark, got an empty array/],
    'a bad layer': [[INLINE, { ...INLINE, gamma: '1/3' }], /layer 2: "gamma"/],
    'text that is not JSON': [`{"mark": "taggant/1", "secret": ${SECRET_HEX}`, /expected JSON, got text that is none/],
    null: ['null', /expected a mark as a JSON object, got null/],
    'bytes that are not UTF-8': [Buffer.from('{"mark":"\xff"}', 'latin1'), /expected UTF-8/],
  };

  for (const [i, [what, [mark, message]]] of Object.entries(bad).entries()) {
    it(`refuses ${what}`, async () => expectError(await withMark(`bad-${i}.json`, mark), message));
  }
});

describe.concurrent('keyrings', () => {
  const text = JSON.stringify(KEYRING);

  it('takes a good one of mode 600, and one that others read only when told so', async () => {
    const good = await withKeyring('good.json', KEYRING, 0o600);
    expect([good.status, good.stderr]).toEqual([3, '']);
    expectError(await withKeyring('open.json', KEYRING, 0o644), /open\.json expected mode 600, got 644: run chmod 600/);
    expect((await withKeyring('open2.json', KEYRING, 0o644, '--allow-readable-keyring')).status).toBe(3);
  });

  const bad: Record<string, [content: unknown, message: RegExp]> = {
    'one that was cut off': [text.slice(0, -20), /damaged or not a keyring/],
    'an empty one': ['', /damaged or not a keyring/],
    'one with a changed secret': [text.replace(/("secret":".)./, '$1A'), /damaged/],
    'one with a short secret': [
      keyringOf(SECRET, { secret: Buffer.from(SHORT).toString('base64url') }),
      /at least 32 bytes, got 31/,
    ],
    'one with the secret in hex': [keyringOf(SECRET, { secret: SECRET_HEX }), /damaged/],
    'one with a secret for its status': [keyringOf(SECRET, { status: SECRET_HEX }), /status/],
    'one with a secret for its kid': [keyringOf(SECRET, { kid: SECRET_HEX }), /damaged/],
    'one without the key': [{ keyring: 'taggant/1', keys: [] }, /expected one active or detect-only greenlist key/],
    'a mark in its place': [MARK, /keyring/],
  };
  for (const [i, [what, [content, message]]] of Object.entries(bad).entries()) {
    it(`refuses ${what}`, async () => expectError(await withKeyring(`ring-${i}.json`, content, 0o600), message));
  }

  it('refuses a keyring in the place of a mark, of tokens, of a text and of a tokenizer', async () => {
    folder.file('keys.json', KEYRING, 0o600);
    const all = await Promise.all([
      run(['detect', '--mark', 'keys.json', '--tokens', 'ids.jsonl'], { cwd }),
      run(['detect', '--mark', 'mark.json', '--tokens', 'keys.json'], { cwd }),
      run(['detect', '--mark', 'mark.json', '--text', 'keys.json', '--jsonl', '--tokenizer', 'tiny-lm'], { cwd }),
      run(['detect', '--mark', 'mark.json', '--text', 'ids.jsonl', '--tokenizer', 'hf:keys.json'], { cwd }),
    ]);
    for (const ended of all) expectError(ended, /keys\.json/);
  });
});

describe.skipIf(process.platform === 'win32')('outputs', () => {
  const full = (args: string) => runInShell(`${args} > /dev/full`, { cwd });

  it('say that the device is full', async () => {
    expectError(
      await full('detect --mark tiny.json --tokens ids.jsonl --json'),
      /cannot write to stdout: no space left/,
    );
    expectError(await full('--help'), /cannot write to stdout: no space left/);
    expectError(
      await run(['generate', '--unmarked', '--max-new-tokens', '2', '--out', '/dev/full'], { cwd }),
      /cannot write \/dev\/full: no space left/,
    );
  });

  it('refuse a missing folder before any work is done', async () => {
    expectError(
      await run(['generate', '--unmarked', '--out', 'no/text.txt'], { cwd }),
      /cannot write no\/text\.txt: no such file or folder/,
    );
    expectError(
      await run(['keygen', '--mark', 'no/mark.json', '--keyring', 'unused.json'], { cwd }),
      /cannot write no\/mark\.json/,
    );
    expectError(await run(['keygen', '--keyring', 'no/keys.json'], { cwd }), /cannot write keyring no\/keys\.json/);
    expect(readdirSync(cwd)).not.toContain('unused.json');
  });
});

it('no secret was said', () => {
  expect(everythingSaid()).toBeGreaterThan(70);
  expect(leaks()).toEqual([]);
  const slips = [SECRET_HEX.toUpperCase(), Buffer.from(SECRET).toString('base64url'), inspect(SECRET)];
  expect(leaks(slips.map((text, i) => ({ args: [String(i)], text })))).toEqual(['0', '1', '2']);
});

function keyringOf(secret: Uint8Array, changes: Record<string, unknown> = {}) {
  const entry = { scheme: 'greenlist', label: '', status: 'active', secret: Buffer.from(secret).toString('base64url') };
  return { keyring: 'taggant/1', keys: [{ kid: KID, ...entry, ...changes }] };
}
