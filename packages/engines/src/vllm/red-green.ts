/**
 * vLLM's red-green draft: a token is green where its uniform is below gamma. From a branch (commit f631210d), in no release up to
 * 0.33.0. The bias comes behind temperature, top-k and top-p, on what is left of the row.
 *
 * Its p-value takes gamma for the share of green tokens; ours is the exact share of the 2^24 uniforms, at most 2^-24 away.
 * @module
 */
import { lnBinomialTail } from '@taggant/stats';
import { bernoulliGreenlist, type Coins } from '../families/bernoulli-greenlist.ts';
import type { Recipe, Settings } from '../opener.ts';
import { philoxWords, START, uniformOf } from './prf.ts';
import { padded, vllmSettings } from './settings.ts';

export function openRedGreen({ config }: Settings): Recipe {
  const { key, width, detector } = vllmSettings(config, 'red_green');
  const gamma = config.number('gamma', 2 ** -24, 1 - 2 ** -24, 0.25);
  const delta = config.number('delta', 0, 100, 2);
  const words = philoxWords(key, width);
  const limit = Math.fround(gamma);
  const coins: Coins = { seed: words.seed, isGreen: (token) => uniformOf(words.of(token)) < limit };
  return bernoulliGreenlist({
    title: `vLLM red-green gamma ${gamma} delta ${delta}, context ${width}`,
    acts: 'distribution',
    contextWidth: width,
    start: START,
    coins,
    p: wordsBelow(limit) / 2 ** 24,
    delta,
    compat(tokens) {
      const text = padded(tokens, width);
      const positions = detector.positions(text);
      let green = 0;
      for (const i of positions) {
        coins.seed(text, i - width);
        if (coins.isGreen(text[i])) green++;
      }
      const n = positions.length;
      return detector.figures(green, n === 0 ? 1 : Math.exp(lnBinomialTail(green, n, gamma)), n);
    },
  });
}

/** How many of the 2^24 uniforms, which ascend, lie below the limit. */
function wordsBelow(limit: number): number {
  let [low, high] = [0, 2 ** 24];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (uniformOf(middle * 256) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
