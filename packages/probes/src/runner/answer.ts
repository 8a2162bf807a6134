/**
 * Answers of chat and completions endpoints, whole or as a stream of server-sent events, as OpenAI's API reference and its
 * many followers write them.
 * @module
 */
import type { Outcome } from '../files/transcript.ts';
import { Unanswered } from './errors.ts';

export interface Answer {
  readonly outcome: Outcome;
  /** Tokens of the prompt and the answer, by the endpoint's own count, which is any number that it likes. */
  readonly tokens?: number;
}

/** The answer in a JSON body. Throws Unanswered for anything else. `withLogprobs`: keep what it tells of probabilities. */
export function parseAnswer(body: string, withLogprobs = false): Answer {
  const { choices, usage } = parseObject(body);
  const [choice] = Array.isArray(choices) ? choices : [];
  const { message, text, finish_reason, logprobs } = asObject(choice);
  const { content, refusal } = asObject(message);
  if (!isObject(choice) || (message === undefined && text === undefined)) throw broken('an answer without choices');
  return {
    outcome: {
      // A refusal is an answer, and so is none: an empty one.
      reply: message === undefined ? textOf(text) : textOf(content ?? refusal),
      ...(isFinish(finish_reason) ? { finish: finish_reason } : {}),
      ...(withLogprobs && isObject(logprobs) ? { logprobs } : {}),
    },
    tokens: tokensOf(usage),
  };
}

/** The answer in a stream's events (HTML standard, section 9.2), up to `[DONE]`. A stream without its end is no answer. */
export function parseStream(body: string, withLogprobs = false): Answer {
  let [reply, refusal, isDone] = ['', '', false];
  let [finish, tokens]: [string | undefined, number | undefined] = [undefined, undefined];
  const logprobs: unknown[] = [];
  for (const event of body.split(/\r\n\r\n|\n\n|\r\r/)) {
    const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
    const data = lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n');
    if (data === '') continue;
    if ((isDone = data === '[DONE]')) break;
    const { choices, usage } = parseObject(data);
    tokens = tokensOf(usage) ?? tokens;
    const choice = asObject(Array.isArray(choices) ? choices[0] : undefined);
    const delta = asObject(choice.delta);
    reply += textOf(choice.text ?? delta.content);
    refusal += textOf(delta.refusal);
    if (typeof choice.finish_reason === 'string') finish = choice.finish_reason;
    if (withLogprobs && isObject(choice.logprobs)) logprobs.push(choice.logprobs);
  }
  if (!isDone && finish === undefined) throw broken('a cut stream');
  const kept = { ...(isFinish(finish) ? { finish } : {}), ...(logprobs.length === 0 ? {} : { logprobs }) };
  return { outcome: { reply: reply === '' ? refusal : reply, ...kept }, tokens };
}

/** Text, nothing, or a list of parts of which those of text count. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) throw broken('an answer whose content is no text');
  return content
    .map((part) => (typeof part === 'string' ? part : (asObject(part).text ?? asObject(part).refusal)))
    .filter((part) => typeof part === 'string')
    .join('');
}

function tokensOf(usage: unknown): number | undefined {
  const { total_tokens, prompt_tokens, completion_tokens } = asObject(usage);
  const total = total_tokens ?? Number(prompt_tokens) + Number(completion_tokens);
  return Number.isSafeInteger(total) && (total as number) >= 0 ? (total as number) : undefined;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken('malformed JSON');
  }
  if (!isObject(value)) throw broken('malformed JSON');
  if (isObject(value.error)) throw broken('an error in the place of an answer');
  return value;
}

const broken = (reason: string) => new Unanswered(reason, { charged: true });
/** A stranger's word; anything else that stands in its place tells nothing, and may be a text that no file can hold. */
const isFinish = (value: unknown): value is string => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const asObject = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
