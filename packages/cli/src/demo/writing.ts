/** The texts of the demo: one prompt, continued by the small model with each mark and without one. @module */
import type { Mark, Tokenizer } from '@taggant/core';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { TINY_LM_END, tinyLmFolder } from '@taggant/tiny-lm';
import { CommandError } from '../errors.ts';

/** What to write: `mark` undefined is the model unmarked. */
export interface Wanted {
  readonly mark: Mark | undefined;
  readonly tokens: number;
}

export interface WritingOptions {
  readonly prompt: string;
  readonly seed: number;
  /** Called once for every token written. */
  readonly onToken: () => void;
}

/** One text for each wanted; all continue the same prompt with the same seed. */
export async function writeTexts(
  wanted: readonly Wanted[],
  tokenizer: Tokenizer,
  { prompt, seed, onToken }: WritingOptions,
): Promise<readonly string[]> {
  const model = await openLocalModel(tinyLmFolder);
  const promptIds = [TINY_LM_END, ...tokenizer.encode(prompt)];
  const longest = Math.max(...wanted.map(({ tokens }) => tokens));
  if (promptIds.length + longest > model.maxLength) {
    throw new CommandError(`--tokens expected at most ${model.maxLength - promptIds.length}, got ${longest}`);
  }
  const texts: string[] = [];
  for (const { mark, tokens } of wanted) {
    const settings = mark === undefined ? plainGeneration() : markedGeneration(mark);
    const options = { maxNewTokens: tokens, seed, settings, ignoreEnd: true, onStep: onToken };
    const [ids] = await model.generate([promptIds], options);
    texts.push(tokenizer.decode(ids).trim());
  }
  await model.dispose();
  return texts;
}
