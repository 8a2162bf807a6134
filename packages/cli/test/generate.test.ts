/** From key to text to verdict, with the real model. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCHEMES } from '@taggant/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { everythingSaid, expectError, jsonLines, leaks, run, start, temporaryFolder, watchKeyring } from './command.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const taggant = (...args: string[]) => run(args, { cwd });
const prompts = ['It was', 'The old man said', 'She looked at', 'In the morning']
  .map((prompt, i) => `${JSON.stringify({ id: `p${i}`, prompt })}\n`)
  .join('');

beforeAll(async () => {
  for (const scheme of SCHEMES) {
    await taggant(
      'keygen',
      '--scheme',
      scheme,
      '--tokenizer',
      'tiny-lm',
      '--mark',
      `${scheme}.json`,
      '--label',
      'tenant',
    );
  }
  watchKeyring(join(cwd, 'taggant-keys.json'));
  folder.file('prompts.jsonl', prompts);
});

describe('taggant generate', () => {
  for (const scheme of SCHEMES) {
    it(`writes ${scheme} marks that detect finds, in ids and in text`, async () => {
      const flags = ['--mark', `${scheme}.json`, '--prompts', 'prompts.jsonl', '--seed', '1', '--ignore-end', '--json'];
      const generated = await taggant('generate', ...flags, '--out', `${scheme}.jsonl`);
      expect(generated).toEqual({ status: 0, stdout: '', stderr: '' });
      const texts = jsonLines(readFileSync(join(cwd, `${scheme}.jsonl`), 'utf8'));
      expect(texts.map(({ id, seed, tokens }) => [id, seed, tokens.length])).toEqual(
        [0, 1, 2, 3].map((i) => [`p${i}`, 1, 200]),
      );
      const ids = await taggant('detect', '--mark', `${scheme}.json`, '--tokens', `${scheme}.jsonl`, '--json');
      expect(jsonLines(ids.stdout).map(({ verdict }) => verdict)).toEqual(Array(4).fill('marked'));
      expect(jsonLines(ids.stdout)[0]).toMatchObject({
        mark: { kid: texts[0].mark },
        positions: { withoutContext: expect.any(Number) },
      });
      const text = await taggant('detect', '--mark', `${scheme}.json`, '--text', `${scheme}.jsonl`, '--json');
      expect(jsonLines(text.stdout).map(({ verdict }) => verdict)).toContain('marked');
    });
  }

  it('gives the same texts for the same seed and others for another, and shows a seed that it drew', async () => {
    const short = ['generate', '--mark', 'greenlist.json', '--max-new-tokens', '20', '--count', '3', '--batch', '2'];
    const first = await taggant(...short);
    const [, seed] = /^taggant: seed (\d+)\n$/.exec(first.stderr) ?? [];
    expect((await taggant(...short, '--seed', String(seed))).stdout).toBe(first.stdout);
    expect((await taggant(...short, '--seed', String((Number(seed) + 1) % 2 ** 32))).stdout).not.toBe(first.stdout);
  });

  it('leaves text unmarked when told so', async () => {
    const flags = ['--unmarked', '--ignore-end', '--max-new-tokens', '400', '--seed', '2', '--json'];
    const { stdout } = await taggant('generate', ...flags);
    expect(jsonLines(stdout)[0]).toMatchObject({ id: '1', prompt: '', promptTokens: [0], mark: null });
    const { status } = await run(['detect', '--mark', 'gumbel.json', '--tokens', '-'], { cwd, input: stdout });
    expect([1, 3]).toContain(status);
  });

  it('takes a model folder, greedy decoding of a green list, and a stack of layers', async () => {
    const descriptor = JSON.parse(readFileSync(join(cwd, 'greenlist.json'), 'utf8'));
    folder.file('stack.json', [descriptor, { ...descriptor, cohort: 9 }]);
    const model = fileURLToPath(new URL('../../tiny-lm/model', import.meta.url));
    const flags = [
      '--mark',
      'stack.json',
      '--model',
      model,
      '--prompt',
      'It was',
      '--greedy',
      '--max-new-tokens',
      '30',
    ];
    const { stdout, stderr, status } = await taggant('generate', ...flags, '--seed', '0', '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(jsonLines(stdout)[0].mark).toEqual([descriptor.kid, descriptor.kid]);
  });

  it('warns that a model folder may hold another tokenizer when the mark names no hash', async () => {
    const { tokenizer: _, ...descriptor } = JSON.parse(readFileSync(join(cwd, 'greenlist.json'), 'utf8'));
    folder.file('unnamed.json', descriptor);
    const model = fileURLToPath(new URL('../../tiny-lm/model', import.meta.url));
    const flags = ['--mark', 'unnamed.json', '--model', model, '--prompt', 'It was', '--max-new-tokens', '2'];
    const { stderr, status } = await taggant('generate', ...flags, '--seed', '0');
    expect(stderr).toBe(
      `taggant: warning: the mark names no sha256 of its tokenizer, so nothing checks that ${model} is it; with another tokenizer no mark is found\n`,
    );
    expect(status).toBe(0);
  });
});

describe.concurrent('taggant generate refuses', () => {
  const cases: Record<string, [args: string[], message: RegExp]> = {
    'greedy Gumbel': [['--mark', 'gumbel.json', '--greedy'], /the mark "gumbel, context 4" needs a choice to make/],
    'a tournament at temperature 0': [
      ['--mark', 'tournament.json', '--temperature', '0'],
      /the mark "tournament 30 layers, context 4" needs a choice/,
    ],
    'Gumbel with top-k 1': [
      ['--mark', 'gumbel.json', '--top-k', '1'],
      /the mark "gumbel, context 4" needs a choice to make/,
    ],
    'a negative temperature': [['--unmarked', '--temperature', '-1'], /--temperature/],
    'top-p 0': [['--unmarked', '--top-p', '0'], /--top-p/],
    'more than the model holds': [
      ['--unmarked', '--max-new-tokens', '512'],
      /prompt \(1 tokens\) and --max-new-tokens \(512\) expected at most 512/,
    ],
    'no mark': [['--prompt', 'x'], /--mark FILE, or --unmarked/],
    'a missing model': [
      ['--unmarked', '--model', 'no-model'],
      /cannot open model no-model: "model" expected a folder with config\.json/,
    ],
    'two kinds of prompts': [
      ['--unmarked', '--prompt', 'x', '--prompts', 'prompts.jsonl'],
      /--prompt or --prompts, got both/,
    ],
    'a bad seed': [['--unmarked', '--seed', '4294967296'], /--seed/],
    'a mark of another tokenizer': [['--mark', 'other.json'], /"tokenizer" expected the mark's "gpt2".*got "tiny-lm"/],
    'a mark of another width': [['--mark', 'wide.json'], /"tokenizer\.vocabSize" expected the model's 4096, got 5000/],
    "an engine's mark of another width": [['--mark', 'engine.json'], /"vocabSize" expected the model's 4096, got 1000/],
  };
  beforeAll(() => {
    const descriptor = JSON.parse(readFileSync(join(cwd, 'greenlist.json'), 'utf8'));
    folder.file('other.json', { ...descriptor, tokenizer: { name: 'gpt2', vocabSize: 50257 } });
    folder.file('engine.json', { mark: 'hf/greenlist', config: { hashing_key: 987654321 }, vocabSize: 1000 });
    folder.file('wide.json', { ...descriptor, tokenizer: { name: 'tiny-lm', vocabSize: 5000 } });
  });
  for (const [what, [args, message]] of Object.entries(cases)) {
    it(what, async () => expectError(await taggant('generate', ...args), message));
  }
});

describe.concurrent('an output file', () => {
  it('does not appear when a later prompt is bad, and the file that was there stays', async () => {
    folder.file('half.jsonl', `${JSON.stringify({ prompt: 'It was' })}\n{"prompt":7}\n`);
    folder.file('kept.txt', 'old');
    const flags = ['--unmarked', '--prompts', 'half.jsonl', '--batch', '1', '--max-new-tokens', '2', '--seed', '1'];
    expectError(await taggant('generate', ...flags, '--out', 'never.txt'), /half\.jsonl:2: "prompt" expected a string/);
    expectError(await taggant('generate', ...flags, '--out', 'kept.txt'), /half\.jsonl:2/);
    expect(existsSync(join(cwd, 'never.txt'))).toBe(false);
    expect(readFileSync(join(cwd, 'kept.txt'), 'utf8')).toBe('old');
    expect(readdirSync(cwd).filter((name) => /^\.(never|kept)\..*\.tmp$/.test(name))).toEqual([]);
  });

  it('replaces neither the keyring, nor the mark, nor the prompts, nor a keyring of another name', async () => {
    folder.file('more.jsonl', prompts);
    folder.file('old-essay.txt', '{"keyring":"taggant/1","keys":[]}', 0o600);
    const flags = ['--mark', 'gumbel.json', '--prompts', 'more.jsonl', '--max-new-tokens', '2', '--seed', '1'];
    const refused: Record<string, RegExp> = {
      'taggant-keys.json': /--out and --keyring expected two files/,
      './gumbel.json': /--out and --mark expected two files/,
      'more.jsonl': /--out and --prompts expected two files/,
      'old-essay.txt': /cannot write old-essay\.txt: is a keyring/,
    };
    for (const [out, message] of Object.entries(refused)) {
      const before = readFileSync(join(cwd, out), 'utf8');
      expectError(await taggant('generate', ...flags, '--out', out), message);
      expect(readFileSync(join(cwd, out), 'utf8')).toBe(before);
    }
  });

  it.skipIf(process.platform === 'win32')('leaves nothing behind on Ctrl-C', async () => {
    const flags = ['--unmarked', '--count', '200', '--batch', '1', '--out', 'cut.txt', '--seed', '1'];
    const { child, ended } = start(['generate', ...flags], { cwd });
    const temporary = () => readdirSync(cwd).filter((name) => name.startsWith('.cut.txt-'));
    while (temporary().length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 130, stdout: '' });
    expect([temporary(), existsSync(join(cwd, 'cut.txt'))]).toEqual([[], false]);
  });
});

it('no secret was said', () => {
  expect(everythingSaid()).toBeGreaterThan(20);
  expect(leaks()).toEqual([]);
});
