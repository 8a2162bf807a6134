/**
 * One text under many cohorts or keys, through the library: the sums of scores from collected pairs, packing included.
 * A block of keystream answers 512 / bits cohorts, or one key.
 * @module
 */
import assert from 'node:assert/strict';
import { deriveKey, distinctPairs, openMark, type Pairs, Secret, scoreKeys } from '@taggant/core';
import { jsKernels } from '@taggant/kernels';
import type { Case } from './run.ts';

const V = 131_072;
const secret = Secret.fromBytes(new Uint8Array(32));

/** Distinct pairs of a text whose ids look random and are the same in every run. */
function pairsOf(n: number): Pairs {
  const words = new Uint32Array(n + 2);
  jsKernels.keystream(new Uint32Array(8), Uint32Array.of(n, 0, 0), 0, words);
  const pairs = distinctPairs(
    words.map((word) => word % V),
    { contextWidth: 2 },
  );
  assert.equal(pairs.n, n);
  return pairs;
}

/** A call needs so many blocks of keystream. */
const blocks = (n: number) => ({ of: 'keystream 512 KiB [simd]', needs: (64 * n) / 1e9 });

/** The plain way: the cohort's own mark scores every pair. */
function plainSum(gamma: string, cohort: number, pairs: Pairs): number {
  const scores = new Float64Array(pairs.n);
  openMark({ scheme: 'greenlist', gamma, cohort }, secret).score(pairs, scores);
  return scores.reduce((sum, score) => sum + score, 0);
}

function cohorts(what: string, gamma: '1/2' | '1/4', count: number, n: number): Case {
  const mark = openMark({ scheme: 'greenlist', gamma }, secret);
  const pairs = pairsOf(n);
  const out = new Float64Array(count);
  const run = () => mark.scoreCohorts?.(pairs, 0, out);
  const check = () => {
    run();
    for (const cohort of [0, 1, 511, 20_001, count - 1]) assert.equal(out[cohort], plainSum(gamma, cohort, pairs));
  };
  const perBlock = gamma === '1/2' ? 512 : 256;
  return {
    name: `${count} ${what} x ${n} pairs gamma=${gamma}`,
    unit: 'ms',
    amount: 1e3,
    limit: blocks((count * n) / perBlock),
    run,
    check,
  };
}

function keys(scheme: 'greenlist' | 'gumbel', count: number, n: number): Case {
  const all = Array.from({ length: count }, (_, i) => deriveKey(secret, scheme, `tenant ${i}`));
  const pairs = pairsOf(n);
  const { descriptor } = openMark({ scheme, contextWidth: 2 }, all[0]!);
  const { kid: _, ...parameters } = descriptor;
  return {
    name: `${count} keys x ${n} pairs [${scheme}]`,
    unit: 'M/s',
    amount: (count * n) / 1e6,
    limit: blocks(count * n),
    run: () => scoreKeys(descriptor, all, pairs),
    check() {
      const last = all[count - 1]!;
      const scores = new Float64Array(n);
      openMark(parameters, last).score(pairs, scores);
      assert.equal(
        scoreKeys(descriptor, all, pairs)[count - 1],
        scores.reduce((sum, score) => sum + score, 0),
      );
    },
  };
}

function score(scheme: 'greenlist' | 'gumbel' | 'tournament'): Case {
  const mark = openMark({ scheme, contextWidth: 2 }, secret);
  const pairs = pairsOf(65_536);
  const out = new Float64Array(pairs.n);
  return {
    name: `score ${pairs.n} pairs [${scheme}]`,
    unit: 'M/s',
    amount: pairs.n / 1e6,
    limit: blocks(pairs.n),
    run: () => mark.score(pairs, out),
    check() {
      mark.score(pairs, out);
      const total = out.reduce((sum, one) => sum + one, 0);
      assert.equal(total, scoreKeys(mark.descriptor, [deriveKey(secret, scheme)], pairs)[0]);
      const mean = { greenlist: 1 / 4, gumbel: 1, tournament: 15 }[scheme];
      assert(Math.abs(total / pairs.n / mean - 1) < 0.05, `mean score ${total / pairs.n}`);
    },
  };
}

export const cases: readonly Case[] = [
  cohorts('accounts', '1/2', 24_576, 10_000),
  cohorts('accounts', '1/4', 24_576, 10_000),
  cohorts('decoys', '1/2', 1_000_000, 200),
  cohorts('payloads', '1/2', 2 ** 20, 400),
  cohorts('payloads', '1/4', 2 ** 20, 400),
  ...(['greenlist', 'gumbel', 'tournament'] as const).map(score),
  keys('greenlist', 24_000, 10_000),
  keys('gumbel', 100, 10_000),
];
