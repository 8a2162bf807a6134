/**
 * The green list of Text Generation Inference 3.3.7 (server/text_generation_server/utils/watermark.py), which marks and has no
 * detector. V is the width of a row of logits; the key is the same in every server.
 *
 * The list is drawn on the device of the logits, a graphics card as a rule. Where a batch is padded, a shorter sequence's previous
 * token reads as 0 there, and its text is marked with the one list of that token, the same under every key; speculation gives tokens
 * behind the first of a step a stale previous token. Neither is followed here. Servers on Gaudi draw their lists in a way of their own.
 * @module
 */
import { permutedGreenlist } from '../families/permuted-greenlist.ts';
import { INT64_MAX } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
import { permutationsOf } from '../random/permutations.ts';

/** Reads the server's `watermark_gamma` and `watermark_delta`; `hash_key` is the class's, which no server's option changes. */
export function openGreenlist(settings: Settings): Recipe {
  const { config } = settings;
  const vocabSize = needVocabSize(settings);
  const gamma = config.share('watermark_gamma', 0.5);
  const delta = config.number('watermark_delta', -100, 100, 2);
  const key = config.key('hash_key', 0n, INT64_MAX, 15485863n);
  return permutedGreenlist({
    title: `TGI green list gamma ${gamma} delta ${delta}`,
    contextWidth: 1,
    permutations: permutationsOf(settings, vocabSize),
    greenCount: Math.trunc(vocabSize * gamma),
    delta,
    stage: 'pre-temperature',
    seedOf: (tokens, from) => key * BigInt(tokens[from]),
    isKeyless: (tokens, from) => tokens[from] === 0,
  });
}
