/** `taggant verify` with a spoofing attack, on tiny-lm: the real command. */
import { describe, expect, it, vi } from 'vitest';
import { expectError, run, SECRET_HEX, temporaryFolder } from './command.ts';

const { path: cwd, file: write } = temporaryFolder();
vi.setConfig({ testTimeout: 300_000 });

/** A gate that asks for next to nothing but the attack. */
async function verify(name: string, mark: object, change: object = {}) {
  write(`${name}.json`, {
    mark: { mark: 'taggant/1', scheme: 'greenlist', delta: 4, ...mark, secret: SECRET_HEX },
    model: { folder: 'tiny-lm', sampling: { ignoreEnd: true } },
    maxTokens: 48,
    texts: { first: 8, most: 8 },
    reference: false,
    expect: {
      ...{ detection: [{ tokens: 40, alpha: 1e-2, least: 0.1 }], falseAlarms: false, repetition: false },
      ...{ distinct: false, length: false, choice: false, survival: [] },
    },
    spoofing: { queries: 48, most: 0.6, forgeries: 12, tokens: 64, alpha: 1e-2 },
    ...change,
  });
  return run(['verify', '--config', `${name}.json`, '--json'], { cwd });
}

const spoofingIn = (stdout: string) =>
  JSON.parse(stdout).checks.find(({ id }: { id: string }) => id.startsWith('spoofing'));

describe('spoofing in a gate', () => {
  it('fails a mark of width 1, whose forgeries pass after 48 answers', async () => {
    const { status, stdout, stderr } = await verify('narrow', { contextWidth: 1 });
    expect(status, stdout + stderr).toBe(1);
    expect(spoofingIn(stdout)).toMatchObject({ id: 'spoofing/48', outcome: 'failed', n: 12 });
    expect(stderr).toContain('spoofing: answers that the attacker asks for, 48 texts');
  });

  it('passes a mark of width 4', async () => {
    const { status, stdout, stderr } = await verify('wide', { contextWidth: 4 });
    expect(status, stdout + stderr).toBe(0);
    expect(spoofingIn(stdout)).toMatchObject({ outcome: 'passed', n: 12 });
  });

  it.each([
    [
      'outputs that are written already',
      { model: { outputs: 'x.jsonl' }, tokenizer: 'tiny-lm' },
      /"config\.spoofing" expected a model that can be asked, got outputs/,
    ],
    [
      'a module without an attacker',
      { model: { module: 'x.mjs' }, tokenizer: 'tiny-lm', prompts: ['a', 'b'] },
      /"config\.spoofing\.attacker" expected/,
    ],
    ['no number of queries', { spoofing: { most: 0.5 } }, /"config\.spoofing\.queries" expected/],
  ])('refuses %s', async (name, change, message) => {
    write('x.jsonl', '{"tokens":[1,2,3]}');
    write('x.mjs', 'export const write = () => [];');
    expectError(await verify(name.replaceAll(' ', '-'), {}, change), message);
  });
});
