/** SGLang's Gumbel against its own wheel's code, and the null. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { detectTokens } from '@taggant/detector';
import { describe, expect, it } from 'vitest';
import { openEngineMark } from '../src/index.ts';
import { murmurFinish, murmurTake } from '../src/random/murmur3.ts';
import { close, drawnKey, expectNull, hookText, lcg, passage, vectorsOf } from './prf-support.ts';

interface Case {
  text: number[];
  prompt?: number[];
  config: { key: string; key_b?: string; mixing_probability?: number };
  figures: Record<string, number>;
}
const vectors = vectorsOf<{ hashes: string; prompt: number[]; single: Case; dual: Case; detections: Case[] }>(
  'sglang-gumbel',
);
const open = (config: object) => openEngineMark({ mark: 'sglang/gumbel', config });

describe("SGLang's gumbel", () => {
  it('hashes 10,000 keys, contexts and tokens as SGLang does', () => {
    const draw = lcg(1);
    const sha = createHash('sha256');
    const hash = (words: number[]) =>
      murmurFinish(
        words.reduce((h, word) => murmurTake(h, word), 0),
        words.length,
      );
    for (let i = 0; i < 10_000; i++) {
      const key = drawnKey(draw);
      const context = Array.from({ length: 1 + (draw() % 8) }, () => draw() % 200_000);
      const words = [Number(key & 0xffffffffn), Number(key >> 32n), hash(context), draw() % 200_000];
      sha.update(Uint32Array.of(hash(words)));
    }
    expect(sha.digest('hex')).toBe(vectors.hashes);
  });

  for (const name of ['single', 'dual'] as const) {
    const { text, config, figures } = vectors[name];
    it(`with a ${name} key marks token by token as SGLang's sampler does, whose text is found here`, () => {
      expect(hookText(open(config), { prompt: vectors.prompt, vocabSize: 300 })).toEqual(text);
      expect(figures.p_value).toBeLessThan(1e-20);
      const { lnP, n } = detectTokens(text, open(config), { prompt: vectors.prompt, dedup: 'context' });
      expect(n).toBe(figures.num_contexts);
      close(lnP, figures.log_p_value, 1e-9);
    });
  }

  it("prints the numbers of SGLang's detector", () => {
    for (const { text, prompt, config, figures } of [
      ...vectors.detections,
      { ...vectors.single, prompt: vectors.prompt },
      { ...vectors.dual, prompt: vectors.prompt },
    ]) {
      const ours = open(config).compat?.(Uint32Array.from(text), Uint32Array.from(prompt ?? [])).figures ?? {};
      expect(Object.keys(ours).sort()).toEqual(Object.keys(figures).sort());
      for (const [field, value] of Object.entries(figures)) {
        expect(Math.abs((ours[field] as number) - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
      }
    }
  });

  it('marks steps with fewer tokens before them than the window, but for the very first', () => {
    const row = () => Float32Array.of(0.4, 0.3, 0.2, 0.1).map(Math.log);
    const mark = open({ key: '0123456789abcdef' });
    const apply = (context: number[]) => {
      const logits = row();
      mark.apply(Uint32Array.from(context), logits);
      return [...logits];
    };
    const MISSING = 0xffffffff;
    expect(apply([MISSING, MISSING, MISSING, 5]).filter((x) => x === 0).length).toBe(1);
    expect(apply([MISSING, MISSING, MISSING, MISSING])).toEqual([...row()]);
    expect(apply([1, 2, 3, 4])[0]).toBe(0);
    expect(apply([4, 3, 2, 1])[3]).toBe(0);
  });

  it('leaves steps to chance where a token is likelier than max_probability', () => {
    const mark = open({ key: '1', max_probability: 0.5 });
    const likely = Float32Array.of(0.6, 0.2, 0.2).map(Math.log);
    const before = [...likely];
    mark.apply(Uint32Array.of(1, 2, 3, 4), likely);
    expect([...likely]).toEqual(before);
    const open_ = Float32Array.of(0.4, 0.3, 0.3).map(Math.log);
    mark.apply(Uint32Array.of(1, 2, 3, 4), open_);
    expect(open_.filter((x) => x === 0).length).toBe(1);
  });

  it('counts contexts whose hashes collide once', () => {
    const mark = open({ key: '123', context_window: 2 });
    expect(detectTokens([55826, 167495, 9, 62387, 187178, 9], mark).n).toBe(3);
  });

  it('has keys that are the same: 2^32 for each', () => {
    const scores = ['0123456789abcdef', '7d92cd7600000000'].map((key) => detectTokens(passage(3), open({ key })).score);
    expect(scores[0]).toBe(scores[1]);
  });

  it('rejects text without the key as often as it says, with one key and with two', () => {
    expectNull((key) => open({ key: key.toString(16) }));
    expectNull((key) => open({ key: key.toString(16), key_b: (key ^ 99n).toString(16), mixing_probability: 0.3 }));
  });

  it('refuses what SGLang refuses, and shows its key nowhere', () => {
    const secret = 'fedcba9876543210';
    expect(() => open({})).toThrow(/"config.key"/);
    expect(() => open({ key: '0x' })).toThrow(/hex digits/);
    expect(() => open({ key: 5 })).toThrow(/hex digits, got a number/);
    expect(() => open({ key: `${secret}00` })).toThrow(/^(?!.*fedcba)/);
    expect(() => open({ key: secret, mixing_probability: 0.3 })).toThrow(/key_b/);
    const mark = open({ key: secret, key_b: '1111222233334444' });
    const shown = inspect(mark, { showHidden: true, depth: 9 }) + JSON.stringify(mark);
    expect(shown).not.toMatch(/fedcba9876543210|1111222233334444|18364758544493064720/);
  });
});
