/**
 * The work of `detect` on one batch of inputs: read, tokenize, test, print. A function of the batch alone, so that it can run
 * in any thread and the output is the same however many there are.
 * @module
 */
import type { DedupMode, Mark, Tokenizer } from '@taggant/core';
import { detectCohorts, detectLayers, detectTokens, EvidenceStream } from '@taggant/detector';
import { type DecoySetup, decoyKeysOf } from './decoys.ts';
import { at, CommandError } from './errors.ts';
import { type JsonLine, jsonLinesOf } from './input.ts';
import type { Batch } from './inputs.ts';
import { type SealedMark, unseal } from './mark-file.ts';
import { describeResult, jsonResult, type Result, type StreamResult, wordResult } from './print.ts';
import { openDecoyProgress } from './progress.ts';
import type { SearchSetup } from './search-flags.ts';
import { NO_RESULTS, type Tally } from './tally.ts';
import { openTokenizerOf } from './tokenizers.ts';

/** What to do, as plain data. Holds keys: it is handed over as a message and never written anywhere. */
export interface DetectSetup {
  readonly marks: readonly SealedMark[];
  /** The mark file held an array. */
  readonly layered: boolean;
  readonly alpha: number;
  readonly dedup?: DedupMode;
  readonly details?: boolean;
  /** Instead of the mark's own cohort. */
  readonly search?: SearchSetup;
  readonly decoys?: number;
  readonly decoyKeys?: DecoySetup;
  /** All inputs are one stream; the results of the first `done` are there already and are not printed again. */
  readonly stream?: { readonly done: number };
  readonly print: 'json' | 'words' | 'colored-words';
  /** Of texts; absent for token ids. */
  readonly text?: { readonly tokenizer?: string; readonly prompt?: string };
  /** Names of fields and columns. */
  readonly fields: { readonly id: string; readonly text: string };
}

/** What came of a batch. Tested before an error stay valid. */
export interface Tested {
  readonly lines: string;
  readonly tally: Tally;
  readonly tokens: number;
  /** The last result in words. */
  readonly description: string;
  readonly error?: Error;
}

interface Input {
  readonly id: string | number;
  readonly place: string;
  readonly tokens: ArrayLike<number>;
  readonly prompt?: ArrayLike<number>;
}

export default async function openDetectTask(setup: DetectSetup): Promise<(batch: Batch) => Tested> {
  const { alpha, dedup, details, decoys, layered, print, search } = setup;
  let { done } = setup.stream ?? { done: 0 };
  const marks = setup.marks.map(unseal);
  const read = setup.text === undefined ? tokensOf : textsOf(setup, await openTokenizerOf(marks, setup.text.tokenizer));
  const stream = setup.stream && new EvidenceStream(marks[0], { alpha, dedup });
  const decoyProgress = await openDecoyProgress(setup.decoyKeys?.count);
  const test = ({ tokens, prompt, place }: Input): Result => {
    const options = { alpha, dedup, details, decoys, prompt };
    try {
      if (stream !== undefined) return testNext(stream, marks[0], tokens, prompt);
      if (setup.decoyKeys !== undefined) {
        const { seed } = setup.decoyKeys;
        const decoyKeys = decoyKeysOf(setup.marks[0], setup.decoyKeys, decoyProgress.to);
        const detection = detectTokens(tokens, marks[0], { ...options, decoyKeys });
        return { ...detection, decoyKeys: detection.decoyKeys && { ...detection.decoyKeys, seed } };
      }
      if (search !== undefined) {
        return { noun: search.noun, ...detectCohorts(tokens, marks[0], search.cohorts, options) };
      }
      return layered ? detectLayers(tokens, marks, options) : detectTokens(tokens, marks[0], options);
    } catch (error) {
      throw at(place, error);
    } finally {
      decoyProgress.stop();
    }
  };
  const show =
    print === 'json'
      ? jsonResult
      : (id: string | number, result: Result) => wordResult(id, result, print === 'colored-words');
  return (batch) => {
    // First all texts are tokenized, then all are tested: taking turns, the two would push each other out of the caches.
    const { items: inputs, error: unread } = untilError(read(batch, setup));
    const { items: all, error: untested } = untilError(inputs, test);
    const skipped = Math.min(done, all.length);
    done -= skipped;
    const detections = all.slice(skipped);
    const tally = { ...NO_RESULTS };
    for (const { verdict } of detections) tally[verdict]++;
    const last = all.at(-1);
    const error = untested ?? unread;
    return {
      lines: detections.map((detection, i) => show(inputs[skipped + i].id, detection)).join(''),
      tally,
      tokens: detections.reduce((sum, { positions }) => sum + positions.seen, 0),
      description: last === undefined ? '' : describeResult(last),
      ...(error && { error }),
    };
  };
}

/** The stream so far, with this input. */
function testNext(
  stream: EvidenceStream,
  { law, descriptor, title }: Mark,
  tokens: ArrayLike<number>,
  prompt: ArrayLike<number> | undefined,
): StreamResult {
  const evidence = stream.add(tokens, prompt);
  const { alpha, dedup, documents } = stream;
  const { crossed, lnP } = evidence;
  return {
    verdict: crossed ? 'marked' : 'inconclusive',
    reason: crossed ? 'evidence' : lnP <= Math.log(0.01) ? 'weak-evidence' : 'no-evidence',
    ...evidence,
    documents,
    alpha,
    dedup,
    law,
    mark: descriptor,
    title,
    positions: { seen: tokens.length },
  };
}

/** What was made of the items before the first that cannot be read or used, and what was wrong with it. */
function untilError<T, U = T>(
  source: Iterable<T>,
  use = (item: T) => item as unknown as U,
): { items: U[]; error?: Error } {
  const items: U[] = [];
  try {
    for (const item of source) items.push(use(item));
    return { items };
  } catch (error) {
    return { items, error: error as Error };
  }
}

type Read = (batch: Batch, setup: DetectSetup) => Generator<Input>;

/** Objects of lines and rows alike. */
function* recordsOf(batch: Batch): Generator<JsonLine> {
  if ('bytes' in batch) yield* jsonLinesOf(batch);
  else if ('rows' in batch) {
    for (const [i, fields] of batch.rows.entries()) yield { place: `${batch.name}:${batch.row + i}`, fields };
  }
}

function* tokensOf(batch: Batch, { fields: names }: DetectSetup): Generator<Input> {
  for (const record of recordsOf(batch)) {
    const { fields, place } = record;
    const tokens = idsOf(fields.tokens, 'tokens', place);
    yield { id: idOf(record, names.id), place, tokens, prompt: promptTokensOf(record) };
  }
}

function textsOf({ text: { prompt: shared } = {} }: DetectSetup, tokenizer: Tokenizer): Read {
  const encode = (text: string, place: string) => {
    try {
      return tokenizer.encode(text);
    } catch (error) {
      throw at(place, error);
    }
  };
  const common = shared === undefined ? undefined : encode(shared, '--prompt-text');
  return function* (batch, { fields: names }) {
    if ('text' in batch) {
      yield { id: batch.id, place: batch.name, tokens: encode(batch.text, batch.name), prompt: common };
    }
    for (const record of recordsOf(batch)) {
      const { fields, place } = record;
      const text = textOf(record, names.text);
      const prompt = fields.prompt == null ? common : encode(textOf(record, 'prompt'), place);
      yield { id: idOf(record, names.id), place, tokens: encode(text, place), prompt };
    }
  };
}

function idOf({ fields, place }: JsonLine, name: string): string | number {
  const { [name]: id = place } = fields;
  if (typeof id === 'string' || Number.isSafeInteger(id)) return id as string | number;
  // Parquet has integers of 64 bits.
  if (typeof id === 'bigint') return Number.isSafeInteger(Number(id)) ? Number(id) : String(id);
  throw new CommandError(`${place}: "${name}" expected a string or an integer`);
}

/** `prompt` as ids; in the lines of `taggant generate --json` it is text, and the ids are in `promptTokens`. */
function promptTokensOf({ fields, place }: JsonLine): ArrayLike<number> | undefined {
  const { prompt, promptTokens } = fields;
  if (prompt != null && promptTokens != null && typeof prompt !== 'string') {
    throw new CommandError(`${place}: expected "prompt" or "promptTokens", got both`);
  }
  const ids = promptTokens ?? prompt;
  return ids == null ? undefined : idsOf(ids, 'prompt', place);
}

/** A flat array; the values are the detector's to check, which an array so deep that it cannot be compared would fell. */
function idsOf(value: unknown, name: string, place: string): ArrayLike<number> {
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Array.from(value, Number);
  if (ArrayBuffer.isView(value)) return value as unknown as ArrayLike<number>;
  if (!Array.isArray(value)) throw new CommandError(`${place}: "${name}" expected an array of token ids`);
  const deep = value.findIndex((token) => typeof token === 'object' && token !== null);
  if (deep < 0) return typeof value[0] === 'bigint' ? value.map(Number) : value;
  const got = Array.isArray(value[deep]) ? 'an array' : 'an object';
  throw new CommandError(`${place}: "${name}[${deep}]" expected a token id, got ${got}`);
}

function textOf({ fields, place }: JsonLine, name: string): string {
  const text = fields[name];
  if (typeof text !== 'string') throw new CommandError(`${place}: "${name}" expected a string`);
  if (/\p{Surrogate}/u.test(text))
    throw new CommandError(`${place}: "${name}" holds half a character (a lone surrogate)`);
  return text;
}
