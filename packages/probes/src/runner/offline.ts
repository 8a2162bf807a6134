/** Answers that somebody else collected: JSON lines by the prompts' ids. @module */

import { Fields, word } from '@taggant/core/fields';
import { outcomeOf } from '../files/transcript.ts';
import { jsonLines } from '../json-lines.ts';
import { type Prompt, refuseSameIds } from '../plan/prompts.ts';
import type { Answer } from './answer.ts';

/**
 * The answers of a file, `{ id, reply, finish? }` a line, for these prompts. Throws for ids that are nobody's, or twice;
 * a prompt without a line has failed.
 */
export function readAnswers(bytes: Uint8Array, prompts: readonly Prompt[]): (prompt: Prompt) => Promise<Answer> {
  const ids = new Set(prompts.map(({ id }) => id));
  const rows = jsonLines(bytes, 'answers').map(({ value, name }) => {
    const fields = new Fields(value, name, ['id', 'reply', 'finish']);
    const id = fields.get('id', word);
    if (!ids.has(id)) throw new RangeError(`"${name}.id" expected the id of a prompt, got another`);
    return { id, outcome: outcomeOf(fields, name) };
  });
  refuseSameIds(rows, 'answers');
  const answers = new Map(rows.map(({ id, outcome }) => [id, { outcome }]));
  return async ({ id }) => answers.get(id) ?? { outcome: { failed: 'no answer in the file' } };
}
