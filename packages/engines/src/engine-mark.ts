/** Opens the mark that a file names, from the engine's own configuration, pasted as it is. @module */
import {
  checkInteger,
  checkOneOf,
  type Mark,
  type MarkDescriptor,
  parseTokenizerId,
  show,
  TOKEN_LIMIT,
} from '@taggant/core';
import { Config } from './config.ts';
import { deepmind } from './deepmind/index.ts';
import { hf } from './hf/index.ts';
import { lmWatermarking } from './lm-watermarking/index.ts';
import { markllm } from './markllm/index.ts';
import type { Device, Opener } from './opener.ts';
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
  /** Where the engine ran. Marks that take their bits from a table need it; the others that draw with torch take `cpu`. */
  readonly device?: Device;
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
  const { mark: name, config: fields, vocabSize, device, tokenizer, kid, ...rest } = file;
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
  const config = new Config(fields, 'config');
  const size = vocabSize === undefined ? undefined : checkInteger(vocabSize, 'vocabSize', 2, TOKEN_LIMIT);
  if (device !== undefined) checkOneOf(device, 'device', ['cpu', 'cuda']);
  const recipe = opener({ config, vocabSize: size, device, random });
  const descriptor: EngineDescriptor = Object.freeze({
    mark: name,
    config: config.finish(),
    ...(size === undefined ? {} : { vocabSize: size }),
    ...(device === undefined ? {} : { device }),
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
export function engineKeyFields({ mark, config: fields, vocabSize, device = 'cpu' }: EngineMarkFile): string[] {
  const config = new Config(fields, 'config');
  openers.get(mark)?.({ config, vocabSize, device, random: undefined });
  return config.keyFields;
}

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
