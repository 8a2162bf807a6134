/**
 * Writes packages/tiny-lm/openings.json: 256 openings of 24 tokens, written by tiny-lm itself without a mark, for whoever needs
 * prompts that it can continue.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/openings.ts
 * @module
 */
import { writeFileSync } from 'node:fs';
import { openLocalModel } from '@taggant/sampler/local-model';
import { plainGeneration } from '@taggant/sampler/transformers';
import { TINY_LM_END, tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';

const [COUNT, TOKENS, BATCH] = [256, 24, 32];
const model = await openLocalModel(tinyLmFolder);
const tokenizer = tinyLmTokenizer();
const openings: string[] = [];
for (let seed = 1; openings.length < COUNT; seed++) {
  const prompts = Array.from({ length: BATCH }, () => [TINY_LM_END]);
  const settings = plainGeneration({ temperature: 0.8 });
  const texts = await model.generate(prompts, { maxNewTokens: TOKENS, seed, settings, ignoreEnd: true });
  for (const ids of texts) {
    const text = tokenizer.decode(ids).trim();
    // Whole characters only, and ids that come back.
    if (!text.includes('\ufffd') && tokenizer.encode(text).length <= TOKENS + 1) openings.push(text);
  }
}
await model.dispose();
writeFileSync('packages/tiny-lm/openings.json', `${JSON.stringify(openings.slice(0, COUNT), null, 1)}\n`);
