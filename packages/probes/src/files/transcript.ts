/**
 * Transcripts: what the suspect was asked and what it said, in the plan's order, without clocks and attempts, so that the
 * same answers give the same bytes whatever happened on the way.
 * @module
 */
import { Fields, integer, kindOf, text, word } from '@taggant/core/fields';
import { jsonLines } from '../json-lines.ts';
import { type Prompt, parsePrompt } from '../plan/prompts.ts';

/** A prompt's answer. */
export interface Reply {
  readonly reply: string;
  /** Why it ended there, in the endpoint's word: `stop`, `length`, `content_filter`. */
  readonly finish?: string;
  /** What the endpoint told of tokens' probabilities, as it came; only where the plan asks for it. */
  readonly logprobs?: unknown;
}

/** A prompt that was never answered counts for nothing. */
export interface Failure {
  readonly failed: string;
}

export type Outcome = Reply | Failure;

/** One line. `i` counts from 0 in the plan's order. */
export type TranscriptLine = { readonly i: number } & Prompt & Outcome;
export type AnsweredLine = { readonly i: number } & Prompt & Reply;

export const isAnswered = (line: TranscriptLine): line is AnsweredLine => 'reply' in line;

/** The text of a transcript, field by field in one order. */
export const printTranscript = (lines: readonly TranscriptLine[]): string => lines.map(printLine).join('');

/** Its bytes, line by line: all of them may be more than a string holds. */
export function* transcriptBytes(lines: readonly TranscriptLine[]): Generator<Uint8Array> {
  for (const line of lines) yield Buffer.from(printLine(line));
}

function printLine({ i, id, prompt, messages, ...outcome }: TranscriptLine): string {
  const shown =
    messages === undefined ? { prompt } : { messages: messages.map(({ role, content }) => ({ role, content })) };
  return `${JSON.stringify({ i, id, ...shown, ...ordered(outcome as Outcome) })}\n`;
}

/** The fields of an outcome in the order in which they are written. */
export const ordered = (outcome: Outcome): Outcome => {
  if ('failed' in outcome) return { failed: outcome.failed };
  const { reply, finish, logprobs } = outcome;
  return { reply, ...(finish === undefined ? {} : { finish }), ...(logprobs === undefined ? {} : { logprobs }) };
};

/** The lines of a transcript's bytes. Throws at the first that is not as {@link printTranscript} would write it. */
export function parseTranscript(bytes: Uint8Array): TranscriptLine[] {
  return jsonLines(bytes, 'transcript').map(({ value, name }, i) => {
    const prompt = parsePrompt(value, name, ['i', ...OUTCOME_FIELDS]);
    const fields = new Fields(value, name, ['id', 'prompt', 'messages', 'i', ...OUTCOME_FIELDS]);
    return { i: fields.get('i', integer(i, i)), ...prompt, ...outcomeOf(fields, name) };
  });
}

/** An outcome among the fields of a line. */
export function outcomeOf(fields: Fields, name: string): Outcome {
  if (fields.has('failed') === fields.has('reply')) {
    throw new TypeError(`"${name}" expected either "reply" or "failed", got ${fields.has('reply') ? 'both' : 'none'}`);
  }
  if (fields.has('failed')) return { failed: fields.get('failed', word) };
  return {
    reply: fields.get('reply', anyText),
    ...fields.optional({ finish: text, logprobs: (value) => value }),
  };
}

/** A suspect may write lone surrogates. */
const anyText = (value: unknown, name: string): string => {
  if (typeof value === 'string') return value;
  throw new TypeError(`"${name}" expected text, got ${kindOf(value)}`);
};

export const OUTCOME_FIELDS = ['reply', 'finish', 'logprobs', 'failed'] as const;
