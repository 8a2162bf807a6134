/** Texts marked here with TextSeal's marks, for its own detector and for the tests. @module */
import { openEngineMark } from '../src/index.ts';
import { hookText, lcg } from './prf-support.ts';

export const OURS = [
  { mark: 'textseal/gumbel', watermark_type: 'gumbelmax', config: { ngram: 1 } },
  { mark: 'textseal/greenlist', watermark_type: 'greenlist', config: { ngram: 2, gamma: 0.25, delta: 3 } },
  { mark: 'textseal/greenlist', watermark_type: 'greenlist', config: { ngram: 1, after_topp: false, delta: 2.5 } },
  { mark: 'textseal/synthid', watermark_type: 'synthid', config: { ngram: 2 } },
] as const;

export function ourTextSealTexts() {
  return OURS.map(({ mark, watermark_type, config }) => {
    const draw = lcg(21);
    const opened = openEngineMark({ mark, config: { secret_key: '987654321987', ...config } });
    const random = mark === 'textseal/gumbel' ? undefined : () => draw() / 2 ** 23;
    const text = hookText(opened, { prompt: [100, 200], vocabSize: 300, temperature: 0.8, topP: 0.95, random });
    return { mark, watermark_type, config, text };
  });
}
