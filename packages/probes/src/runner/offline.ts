/** Answers that somebody else collected: JSON lines by the prompts' ids. @module */

import { show } from '@taggant/core';
import { Fields, word } from '@taggant/core/fields';
import { outcomeOf } from '../files/transcript.ts';
import { jsonLines } from '../json-lines.ts';
import { type Prompt, refuseSameIds } from '../plan/prompts.ts';
import type { Answer } from './answer.ts';

/**
 * The answers of a file for these prompts, a line each: `{ id, reply, finish? }`, or `{ id, failed }` for one that has none, and why.
 * Throws for ids that are nobody's, that come twice, and that are missing: an answer that was left out by somebody who saw its score
 * would make any p-value false.
 */
export function readAnswers(bytes: Uint8Array, prompts: readonly Prompt[]): (prompt: Prompt) => Promise<Answer> {
  const ids = new Set(prompts.map(({ id }) => id));
  const rows = jsonLines(bytes, 'answers').map(({ value, name }) => {
    const fields = new Fields(value, name, ['id', 'reply', 'finish', 'failed']);
    const id = fields.get('id', word);
    if (!ids.has(id)) throw new RangeError(`"${name}.id" expected the id of a prompt, got another`);
    return { id, outcome: outcomeOf(fields, name) };
  });
  refuseSameIds(rows, 'answers');
  const answers = new Map(rows.map(({ id, outcome }) => [id, { outcome }]));
  const missing = prompts.filter(({ id }) => !answers.has(id));
  if (missing.length > 0) {
    const [{ id }] = missing;
    throw new RangeError(
      `answers expected a line for every prompt, got none for ${missing.length} of ${prompts.length}, ${show(id)} first; one that failed says {"id", "failed": "why"}`,
    );
  }
  return async ({ id }) => answers.get(id) as Answer;
}
