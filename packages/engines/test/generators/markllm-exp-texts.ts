/**
 * Texts that this package marks with MarkLLM's EXP and EXPGumbel; prints JSON for markllm_exp.py, which records what MarkLLM says:
 *
 *   node --conditions=@taggant/source --import tsx packages/engines/test/generators/markllm-exp-texts.ts \
 *     | python markllm_exp.py
 * @module
 */
import { pathToFileURL } from 'node:url';
import { largestToken, MarkHook } from '@taggant/sampler';
import { openEngineMark } from '../../src/index.ts';
import { uniforms } from './synthid-texts.ts';

export const MARKS = {
  exp: { mark: 'markllm/exp', config: { prefix_length: 4, hash_key: 15_485_863 }, vocabSize: 997 },
  expOfTwo: { mark: 'markllm/exp', config: { prefix_length: 2, hash_key: 2 ** 40 + 9 }, vocabSize: 1024 },
  expGumbel: { mark: 'markllm/exp-gumbel', config: { prefix_length: 2, seed: 42 }, vocabSize: 60 },
} as const;

/** A text of random logits at temperature 0.7, marked by one of the marks. */
export function markedText(name: keyof typeof MARKS, length: number, random: () => number): number[] {
  const { vocabSize } = MARKS[name];
  const hook = new MarkHook(openEngineMark(MARKS[name]), { temperature: 0.7 });
  const sequence = hook.start([11, 12, 13, 14]);
  return Array.from({ length }, () => {
    const row = Float32Array.from({ length: vocabSize }, () => 3 * (random() + random() - random() - random()));
    hook.processLogits(row, [sequence]);
    const token = largestToken(row);
    sequence.push(token);
    return token;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = Object.keys(MARKS) as (keyof typeof MARKS)[];
  console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, markedText(name, 120, uniforms(1))]))));
}
