/**
 * vLLM's SynthID variant: a tournament whose layers are the bits of one word of its PRF. From a branch (commit 0265d6bd), in no
 * release up to 0.33.0, and compatible with no other SynthID. Its score and its p-value are exact.
 * @module
 */
import { lnBinomialTail } from '@taggant/stats';
import { onesIn, wordTournament } from '../families/word-tournament.ts';
import type { Recipe, Settings } from '../opener.ts';
import { philoxWords, START } from './prf.ts';
import { padded, vllmSettings } from './settings.ts';

export function openSynthId({ config }: Settings): Recipe {
  const { key, width, detector } = vllmSettings(config, 'synthid');
  const depth = config.integer('depth', 1, 32, 32);
  const words = philoxWords(key, width);
  return wordTournament({
    title: `vLLM synthid depth ${depth}, context ${width}`,
    contextWidth: width,
    start: START,
    words,
    layers: depth,
    p: 0.5,
    compat(tokens) {
      const text = padded(tokens, width);
      const positions = detector.positions(text);
      const trials = positions.length * depth;
      let ones = 0;
      for (const i of positions) {
        words.seed(text, i - width);
        ones += onesIn(words.of(text[i]), depth);
      }
      if (trials === 0) return detector.figures(0, 1, 0);
      return detector.figures(ones / trials, Math.exp(lnBinomialTail(ones, trials, 0.5)), positions.length);
    },
  });
}
