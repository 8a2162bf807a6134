/** Opens the mark that a file names, from the engine's own configuration, pasted as it is. @module */
import { type Mark, type MarkDescriptor, parseTokenizerId, show } from '@taggant/core';
import type { Config, KeyRange } from './config.ts';
import { deepmind } from './deepmind/index.ts';
import { hf } from './hf/index.ts';
import { lmWatermarking } from './lm-watermarking/index.ts';
import { markllm } from './markllm/index.ts';
import { type Device, type Opener, type Settings, settingsOf } from './opener.ts';
import { sglang } from './sglang/index.ts';
import { textseal } from './textseal/index.ts';
import { tgi } from './tgi/index.ts';
import { threeBricks } from './three-bricks/index.ts';
import { unigram } from './unigram/index.ts';
import { vllm } from './vllm/index.ts';

/** As written by hand; see docs/compatibility.md for the names and each one's configuration. */
export interface EngineMarkFile {
  /** `hf/greenlist`, for instance; one of {@link engineMarkNames}. */
  readonly mark: string;
  /** The engine's own configuration, key included. Integers beyond 2^53 stand as strings of digits. */
  readonly config: object;
  /** Width of a row of logits: `model.config.vocab_size`, which may be more than the tokenizer's number of ids. */
  readonly vocabSize?: number;
  /**
   * Where the engine ran: whose random generator made the text, where that is the device's. Marks that take their bits from a table
   * need it; for green lists it is `cpu` unless it is said. `cuda:0` and the like are `cuda`.
   */
  readonly device?: Device | `cuda:${number}`;
  /**
   * With `cuda`: how many threads the card starts at once, multiprocessors x threads of each. What it draws depends on it where it
   * draws more numbers than that; docs/compatibility.md has those of usual cards.
   */
  readonly cudaThreads?: number;
  readonly tokenizer?: unknown;
  /** A name for the key, for reports; never made from the key. */
  readonly kid?: string;
}

export interface EngineMarkOptions {
  /**
   * Draws which of two keys chooses at a step, as the engine's own generator does: numbers from 0 to below 1. Default: a coin of
   * the first key in that context, so that marking needs no randomness beside the key.
   */
  readonly random?: () => number;
}

export interface EngineDescriptor extends MarkDescriptor {
  /** The engine's configuration without its keys. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly device?: Device;
  readonly cudaThreads?: number;
}

/**
 * The mark of an engine. Its descriptor is the file without the fields that hold keys. Throws TypeError or RangeError, without
 * showing any key, when the configuration is not one that the engine would take.
 *
 * @example
 * const mark = openEngineMark({
 *   mark: 'hf/greenlist',
 *   config: { greenlist_ratio: 0.25, bias: 2, hashing_key: 15485863, seeding_scheme: 'lefthash', context_width: 1 },
 *   vocabSize: 50257,
 * });
 */
export function openEngineMark(file: EngineMarkFile, { random }: EngineMarkOptions = {}): Mark<EngineDescriptor> {
  if (typeof file !== 'object' || file === null) throw new TypeError(`"mark" expected an object, got ${typeof file}`);
  const { mark: name, config: fields, vocabSize, device, cudaThreads, tokenizer, kid, ...rest } = file;
  const opener = openers.get(name);
  if (opener === undefined)
    throw new RangeError(
      `unknown mark ${show(name)}: "mark" expected one of ${engineMarkNames.join(', ')}, with the engine's own configuration in "config"`,
    );
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new TypeError(`unknown field ${show(unknown)} in a mark of ${show(name)}`);
  if (kid !== undefined && !(typeof kid === 'string' && /^[0-9a-f]{16}$/.test(kid))) {
    throw new TypeError('"kid" expected 16 lower-case hex digits');
  }
  const settings = settingsOf(file, random);
  const recipe = opener(settings);
  const descriptor: EngineDescriptor = Object.freeze({
    mark: name,
    config: settings.config.finish(),
    ...(vocabSize === undefined ? {} : { vocabSize }),
    ...(settings.device === undefined ? {} : { device: settings.device }),
    ...(cudaThreads === undefined ? {} : { cudaThreads }),
    ...(kid === undefined ? {} : { kid }),
    ...(tokenizer === undefined ? {} : { tokenizer: parseTokenizerId(tokenizer) }),
  });
  Object.freeze(recipe.law);
  Object.freeze(recipe.oneBit);
  return Object.freeze({ ...recipe, descriptor });
}

/**
 * The fields of a file's configuration that hold its key; none where the engine's public default is meant. Throws as
 * {@link openEngineMark} does.
 */
export const engineKeyFields = (file: EngineMarkFile): string[] => read(file).keyFields;

/** Whether a file's key is one that everybody knows: an engine's default, or that of an example in its documentation. */
export const hasPublicKey = (file: EngineMarkFile): boolean => read(file).isKeyPublic;

/** The configuration, after the opener read it. */
function read(file: EngineMarkFile): Config {
  // Which fields are keys does not depend on the device, which a mark may need.
  const settings: Settings = settingsOf({ ...file, device: file.device ?? 'cpu' });
  openers.get(file.mark)?.(settings);
  return settings.config;
}

/**
 * The same file under another key, drawn uniformly from what the engine takes: for decoys. Every key field that the file has
 * is drawn anew; where it has none, because the engine's public default is meant, the main one is. `random`: so many random
 * bytes. Throws as {@link openEngineMark} does.
 *
 * @example
 * openEngineMark(withRandomKey(file, (length) => crypto.getRandomValues(new Uint8Array(length))));
 */
export function withRandomKey(file: EngineMarkFile, random: (length: number) => Uint8Array): EngineMarkFile {
  const { mark, config: fields } = file;
  const { keyFields, keyRanges } = read(file);
  const drawn = keyFields.length > 0 ? keyFields : [...keyRanges.keys()].slice(0, 1);
  if (drawn.length === 0) throw new RangeError(`"mark" expected one that has keys, got ${show(mark)}`);
  const values = drawn.map((field) => [
    field,
    drawKey(keyRanges.get(field) as KeyRange, fieldOf(fields, field), random),
  ]);
  return { ...file, config: { ...fields, ...Object.fromEntries(values) } };
}

function drawKey(range: KeyRange, was: unknown, random: (length: number) => Uint8Array): string | string[] {
  if (range.kind === 'hex') return toHex(random(8));
  const draw = () => String(uniformInteger(range.least > 0n ? range.least : 1n, range.most, random(16)));
  return range.kind === 'integer' ? draw() : Array.from(was as unknown[], draw);
}

/** Uniform up to the 128 bits that it is made from. */
function uniformInteger(least: bigint, most: bigint, bytes: Uint8Array): bigint {
  return least + (BigInt(`0x${toHex(bytes)}`) % (most - least + 1n));
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fieldOf = (fields: object, name: string) => (fields as Record<string, unknown>)[name];

const openers: ReadonlyMap<string, Opener> = new Map(
  Object.entries({
    ...hf,
    ...deepmind,
    ...lmWatermarking,
    ...markllm,
    ...sglang,
    ...textseal,
    ...tgi,
    ...threeBricks,
    ...unigram,
    ...vllm,
  }),
);

/** All marks that {@link openEngineMark} knows. */
export const engineMarkNames: readonly string[] = [...openers.keys()];
