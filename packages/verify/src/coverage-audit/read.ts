/**
 * One line of a log, whatever engine wrote it, to a {@link ServedResponse}: which field is what, and that it is what it
 * says. Fields that nobody named are passed over; errors name a field and never show what is in it.
 * @module
 */
import { checkLnP, type ServedResponse, type ServedSettings } from './served.ts';

/** What can be read from a line. */
export type ServedField = (typeof FIELDS)[number];

/** Where each stands: names, or paths with dots; the first that the line has. They replace the default ones. */
export type ServedFields = Partial<Readonly<Record<ServedField, string | readonly string[]>>>;

/**
 * Reads a parsed line. By default it knows the names of vLLM, SGLang, OpenAI's API (completions and chat), transformers
 * and OpenTelemetry's `gen_ai` attributes, of the line itself or of its `settings`, `sampling_params`, `parameters` or
 * `request`. Throws TypeError for a field of another type than it should have, and where there is no id; RangeError for a
 * number that is none of a log's.
 *
 * @example
 * readServed({ id: 'r1', token_ids: [5, 6], sampling_params: { temperature: 0, watermarking: false } }).settings;
 * // { watermark: false, temperature: 0 }
 */
export function readServed(line: unknown, fields: ServedFields = {}): ServedResponse {
  if (typeof line !== 'object' || line === null || Array.isArray(line)) {
    throw new TypeError(`"line" expected a JSON object, got ${typeOf(line)}`);
  }
  const read = <T>(field: ServedField, parse: (value: unknown, name: string) => T): T | undefined => {
    for (const name of namesOf(field, fields)) {
      const value = at(line as JsonObject, name);
      if (value !== undefined && value !== null) return parse(value, name);
    }
    return undefined;
  };
  const id = read('id', anId);
  if (!id) throw withoutId(fields);
  const isListed = fields.prompt !== undefined;
  return defined({
    id,
    tokens: read('tokens', numbers),
    text: read('text', aString),
    // Text that happens to be under the same name is no list of ids.
    prompt: read('prompt', (value, name) => (Array.isArray(value) || isListed ? numbers(value, name) : undefined)),
    class: read('class', anId),
    settings: settingsOf(read),
    logprobs: read('logprobs', logprobs),
    top: read('top', topLists),
    entropies: read('entropies', numbers),
  });
}

type Read = <T>(field: ServedField, parse: (value: unknown, name: string) => T) => T | undefined;

function settingsOf(read: Read): ServedSettings {
  const isGreedy = read('doSample', aBoolean) === false;
  const beams = read('beams', (value, name) => (typeof value === 'boolean' ? Number(value) + 1 : aNumber(value, name)));
  return defined({
    watermark: read('watermark', aBoolean),
    temperature: isGreedy ? 0 : read('temperature', aNumber),
    topP: read('topP', aNumber),
    topK: read('topK', aNumber),
    minP: read('minP', aNumber),
    beams,
    speculative: read('speculative', (value) => value !== false),
    reshaped: isReshaped(read) || undefined,
  });
}

/** Whether anything but temperature and truncation came between the model and the draw. */
function isReshaped(read: Read): boolean {
  const isNot = (neutral: number) => (value: unknown, name: string) => aNumber(value, name) !== neutral;
  return (
    read('repetitionPenalty', isNot(1)) === true ||
    read('frequencyPenalty', isNot(0)) === true ||
    read('presencePenalty', isNot(0)) === true ||
    read('grammar', (value) => value !== false && !isPlainText(value)) === true
  );
}

/** `response_format: { type: 'text' }` asks for nothing; nor does an empty bias. */
const isPlainText = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  (Object.keys(value).length === 0 || (value as JsonObject).type === 'text');

/** ln p of each token: numbers, or objects that have it. */
function logprobs(value: unknown, name: string): number[] {
  return list(value, name).map((one, i) => checkLnP(isObject(one) ? one.logprob : one, `${name}[${i}]`));
}

/** For each token a list of ln p, of objects that have it, or an object from token to ln p. */
function topLists(value: unknown, name: string): number[][] {
  return list(value, name).map((one, i) => {
    const entry = isObject(one) && Array.isArray(one.top_logprobs) ? one.top_logprobs : (one ?? []);
    if (Array.isArray(entry)) return logprobs(entry, `${name}[${i}]`);
    if (!isObject(entry)) throw expected(`${name}[${i}]`, 'a list or an object', entry);
    return logprobs(Object.values(entry), `${name}[${i}]`);
  });
}

const numbers = (value: unknown, name: string): number[] =>
  list(value, name).map((one, i) => aNumber(one, `${name}[${i}]`));

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw expected(name, 'a list', value);
}

function aNumber(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw expected(name, 'a finite number', value);
}

function aBoolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw expected(name, 'true or false', value);
}

function aString(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw expected(name, 'a string', value);
}

function anId(value: unknown, name: string): string {
  // JSON.parse rounds larger ones: two ids would become one.
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`"${name}" expected text, or a number below 2^53, got a larger number`);
  }
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw expected(name, 'a string or a number', value);
}

/** Whoever sees this has a log of other names: say which are known. */
function withoutId(fields: ServedFields): TypeError {
  const [id, tokens, text] = (['id', 'tokens', 'text'] as const).map((field) => namesOf(field, fields));
  return new TypeError(
    `"${id[0]}" expected an id, got nothing: a line has an id (${id.join(', ')}), and token ids (${tokens.join(', ')}) ` +
      `or text (${text.join(', ')}); readServed of @taggant/verify takes other names`,
  );
}

const expected = (name: string, what: string, got: unknown) =>
  new TypeError(`"${name}" expected ${what}, got ${typeOf(got)}`);

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field by its whole name, which may have dots, or else by its path. */
function at(line: JsonObject, path: string): unknown {
  if (Object.hasOwn(line, path)) return line[path];
  let value: unknown = line;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

const namesOf = (field: ServedField, fields: ServedFields): readonly string[] =>
  [fields[field] ?? DEFAULTS[field]].flat();

/** Without the fields that are undefined. */
const defined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

type JsonObject = Record<string, unknown>;

const FIELDS = [
  'id',
  'tokens',
  'text',
  'prompt',
  'class',
  'logprobs',
  'top',
  'entropies',
  'watermark',
  'temperature',
  'doSample',
  'topP',
  'topK',
  'minP',
  'beams',
  'speculative',
  'repetitionPenalty',
  'frequencyPenalty',
  'presencePenalty',
  'grammar',
] as const;

/** A setting may stand in the line itself or in one of the objects that engines and gateways put it in. */
const inSettings = (...names: string[]) =>
  ['', 'settings.', 'sampling_params.', 'parameters.', 'request.', 'gen_ai.request.'].flatMap((root) =>
    names.map((name) => `${root}${name}`),
  );

const DEFAULTS: Record<ServedField, readonly string[]> = {
  id: ['id', 'request_id', 'gen_ai.response.id'],
  tokens: ['tokens', 'token_ids', 'output_ids', 'output_token_ids', 'choices.0.token_ids'],
  text: ['text', 'output', 'completion', 'choices.0.text', 'choices.0.message.content'],
  prompt: ['prompt_token_ids', 'prompt_ids', 'input_ids', 'prompt'],
  class: ['class', 'route', 'model', 'request.model', 'gen_ai.request.model'],
  logprobs: ['logprobs', 'token_logprobs', 'choices.0.logprobs.token_logprobs', 'choices.0.logprobs.content'],
  top: ['top', 'top_logprobs', 'choices.0.logprobs.top_logprobs', 'choices.0.logprobs.content'],
  entropies: ['entropies'],
  watermark: inSettings('watermark', 'watermarking'),
  temperature: inSettings('temperature'),
  doSample: inSettings('do_sample'),
  topP: inSettings('top_p', 'topP'),
  topK: inSettings('top_k', 'topK'),
  minP: inSettings('min_p', 'minP'),
  beams: inSettings('num_beams', 'use_beam_search', 'beams'),
  speculative: inSettings('speculative', 'speculative_config'),
  repetitionPenalty: inSettings('repetition_penalty'),
  frequencyPenalty: inSettings('frequency_penalty'),
  presencePenalty: inSettings('presence_penalty'),
  grammar: inSettings(
    'logit_bias',
    'response_format',
    'structured_outputs',
    'guided_decoding',
    'grammar',
    'json_schema',
  ),
};
