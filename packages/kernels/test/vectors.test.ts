import type { SlotBits } from '@taggant/kernels';
import { describe, expect, test } from 'vitest';
import { backends, bytes, wordsOf } from './backends.ts';
import tg1 from './vectors/tg1.json' with { type: 'json' };

/** 24-bit fields, the most recent token first, 0xFFFFFF where there is none (native-mark.md, "Stream"). */
function nonceOf(context: readonly number[]): Uint32Array {
  const fields = [...context].reverse().concat(0xffffff, 0xffffff, 0xffffff, 0xffffff).slice(0, 4);
  return wordsOf(fields.map((token) => Buffer.from([token, token >> 8, token >> 16]).toString('hex')).join(''));
}

/** 'G/2^b' */
function parseGamma(text: string) {
  const [green, denominator] = text.split('/').map(Number) as [number, number];
  return { green, bits: Math.log2(denominator) as 1 | 2 | 4 | 8 };
}

const keyOf = (scheme: 'greenlist' | 'gumbel' | 'tournament') => wordsOf(tg1.derive[scheme].key);
const upTo = (n: number) => [...Array(n).keys()];

describe.each(backends)('%s reproduces the frozen vectors:', (_, kernels) => {
  const read = (key: Uint32Array, nonces: Uint32Array[], slots: number[], bits: SlotBits) => {
    const out = new Uint32Array(slots.length);
    const flat = Uint32Array.from(nonces.flatMap((nonce) => [...nonce]));
    kernels.readSlots(key, flat, Uint32Array.from(slots), bits, out);
    return [...out];
  };

  /** The green tokens among the first 96, once by bias and once by slots. */
  const greenList = (nonce: Uint32Array, gamma: string, cohort: number) => {
    const { green, bits } = parseGamma(gamma);
    const row = new Float32Array(96);
    kernels.biasGreen(row, keyOf('greenlist'), nonce, bits, green, cohort, 1);
    const slots = upTo(96).map((v) => v ^ cohort);
    const values = read(keyOf('greenlist'), Array(96).fill(nonce), slots, bits);
    const byBias = upTo(96).filter((v) => row[v] === 1);
    expect(upTo(96).filter((v) => values[v]! < green)).toEqual(byBias);
    return byBias;
  };

  test('the public all-zero vector', () => {
    const out = new Uint32Array(4);
    kernels.keystream(new Uint32Array(8), new Uint32Array(3), 0, out);
    expect(bytes(out).toString('hex')).toBe('3e00ef2f895f40d67f5bb8e81f09a5a1');
  });

  describe.each(tg1.cases)('context $context', (vector) => {
    const nonce = nonceOf(vector.context);

    test('nonce and first block', () => {
      expect(bytes(nonce).toString('hex')).toBe(vector.nonce);
      const out = new Uint32Array(16);
      kernels.keystream(keyOf('greenlist'), nonce, 0, out);
      expect(bytes(out).toString('hex')).toBe(vector.block0);
    });

    test.each(Object.entries(vector.green))('green list of gamma %s', (gamma, expected) => {
      expect(greenList(nonce, gamma, 0)).toEqual(expected);
    });

    test.each(Object.entries(vector.green_cohort_23999))('green list of gamma %s, cohort 23999', (gamma, expected) => {
      expect(greenList(nonce, gamma, 23_999)).toEqual(expected);
    });

    test.each(Object.entries(vector.green_at_131071))('token 131071 under gamma %s', (gamma, expected) => {
      const { green, bits } = parseGamma(gamma);
      expect(read(keyOf('greenlist'), [nonce], [131_071], bits)[0]! < green).toBe(expected);
      const row = new Float32Array(131_072);
      kernels.biasGreen(row, keyOf('greenlist'), nonce, bits, green, 0, 1);
      expect(row[131_071]).toBe(Number(expected));
    });

    test('words of Gumbel and tournament', () => {
      const tokens = [0, 1, 15, 16, 50_256, 131_071];
      const words = (scheme: 'gumbel' | 'tournament', cohort: number) =>
        read(
          keyOf(scheme),
          tokens.map(() => nonce),
          tokens.map((v) => v ^ cohort),
          32,
        );
      expect(words('gumbel', 0)).toEqual(vector.gumbel_words);
      expect(words('gumbel', 5)).toEqual(vector.gumbel_words_cohort_5);
      expect(words('tournament', 0)).toEqual(vector.tournament_words);
    });
  });

  test.each(tg1.sequences)('scores of a text, gamma $gamma, cohort $cohort', (vector) => {
    const { green, bits } = parseGamma(vector.gamma);
    const { tokens, context_width: h, cohort, positions } = vector;
    const values = read(
      keyOf('greenlist'),
      positions.map(({ i }) => nonceOf(tokens.slice(i - h, i))),
      positions.map(({ i }) => tokens[i]! ^ cohort),
      bits,
    );
    expect(values.map((value) => value < green)).toEqual(positions.map((position) => position.green));
    const counted = values.filter((value, i) => value < green && !positions[i]!.duplicate);
    expect(counted.length).toBe(vector.green);
  });

  test('green counts of 1024 cohorts over 400 pairs', () => {
    const { tokens, green } = tg1.cohorts;
    const pairs = tokens.slice(2);
    const nonces = pairs.map((_, i) => nonceOf(tokens.slice(i, i + 2)));
    const counts = green.map((_, cohort) => {
      const slots = pairs.map((token) => token ^ cohort);
      return read(keyOf('greenlist'), nonces, slots, 1).filter((value) => value === 0).length;
    });
    expect(counts).toEqual(green);
    const atOnce = new Uint32Array(green.length);
    const flat = Uint32Array.from(nonces.flatMap((nonce) => [...nonce]));
    kernels.countCohorts(keyOf('greenlist'), flat, Uint32Array.from(pairs), 1, 1, 0, atOnce);
    expect([...atOnce]).toEqual(green);
  });
});
