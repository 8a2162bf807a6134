/**
 * Tricks in the prompt: the model is told to write something that is taken out again, so that the tokens which the mark
 * hung on are gone (R. Goodside's emoji attack, in Kirchenbauer et al. 2023, section 7, "generative attacks").
 *
 * They act while a text is written, so they are no `Attack`: put prompts through `prompt` and replies through `clean`.
 * A model that follows no instructions is measured with `filledGeneration` of `@taggant/verify/fillers`.
 * @module
 */
import { checkInteger } from '@taggant/core';

export interface PromptTrick {
  /** `emoji-1`. */
  readonly id: string;
  /** The prompt that asks for the trick. */
  prompt(prompt: string): string;
  /** The reply without it. */
  clean(reply: string): string;
}

export interface EmojiTrickOptions {
  /** A sign behind every so many words, 1 to 1,000. Default 1. */
  readonly every?: number;
  /** Any text that the reply would not have otherwise. Default a green circle. */
  readonly emoji?: string;
}

/**
 * An emoji behind every k-th word.
 *
 * @example
 * const trick = emojiTrick();
 * trick.clean('One🟢 two🟢 three🟢.'); // 'One two three.'
 */
export function emojiTrick({ every = 1, emoji = '🟢' }: EmojiTrickOptions = {}): PromptTrick {
  const words = checkInteger(every, 'every', 1, 1000) === 1 ? 'every word' : `every group of ${every} words`;
  if (typeof emoji !== 'string' || emoji.trim() === '')
    throw new RangeError('"emoji" expected a visible sign, got none');
  const sign = new RegExp(`(?:[ \\t]*${emoji.trim().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}\\uFE0F?)+[ \\t]*`, 'gu');
  return {
    id: `emoji-${every}`,
    prompt: (prompt) => `${prompt}\n\nPut the emoji ${emoji.trim()} after ${words} of your reply, without exception.`,
    clean: (reply) =>
      reply.replace(sign, (found, at: number) => {
        const [before, after] = [reply.charAt(at - 1), reply.charAt(at + found.length)];
        return before === '\n' || before === '' || NEEDS_NO_BLANK.test(after) ? '' : ' ';
      }),
  };
}

/** Before punctuation, a line's end or the end. */
const NEEDS_NO_BLANK = /^[.,;:!?)\]}’”\n]?$/;
