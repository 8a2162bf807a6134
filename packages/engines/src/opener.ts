/**
 * What an engine's file of this package exports for each of its marks: how to read the configuration that its users
 * write, and what mark that is. @module
 */
import { checkInteger, type Mark, show, TOKEN_LIMIT } from '@taggant/core';
import { Config } from './config.ts';
import type { EngineMarkFile } from './engine-mark.ts';

/** A mark without its descriptor, which `openEngineMark` makes of what the file said. */
export type Recipe = Omit<Mark, 'descriptor'>;

export interface Settings {
  /** The engine's own configuration. The opener reads all of its fields; what it leaves unread is an error. */
  readonly config: Config;
  /** Width of a row of logits; undefined where the file does not say it. */
  readonly vocabSize: number | undefined;
  /** Whose random generator made the text: it matters where an engine draws its lists with torch. */
  readonly device: Device | undefined;
  /** How many threads the graphics card starts at once: what it draws depends on it where it draws more numbers than that. */
  readonly cudaThreads: number | undefined;
  /** For marks whose engine draws which of two keys chooses: numbers from 0 to below 1. */
  readonly random: (() => number) | undefined;
}

/** Those of a file, checked. */
export function settingsOf(file: EngineMarkFile, random?: () => number): Settings {
  const { config, vocabSize, cudaThreads } = file;
  const device = file.device === undefined ? undefined : deviceOf(file.device);
  if (cudaThreads !== undefined) {
    if (device !== 'cuda') throw new TypeError(`"cudaThreads" goes with "device": "cuda", got ${device ?? 'none'}`);
    checkInteger(cudaThreads, 'cudaThreads', 256, 2 ** 24);
    // Threads come in blocks of so many, and only whole blocks are started.
    if (cudaThreads % 256 !== 0) throw new RangeError(`"cudaThreads" expected a multiple of 256, got ${cudaThreads}`);
  }
  return {
    config: new Config(config, 'config'),
    vocabSize: vocabSize === undefined ? undefined : checkInteger(vocabSize, 'vocabSize', 2, TOKEN_LIMIT),
    device,
    cudaThreads,
    random,
  };
}

/** `cuda:0` and the like are `cuda`. */
export function deviceOf(device: string): Device {
  if (device === 'cpu') return 'cpu';
  if (/^cuda(:\d+)?$/.test(device)) return 'cuda';
  throw new RangeError(`"device" expected one of cpu, cuda, got ${show(device)}`);
}

export type Opener = (settings: Settings) => Recipe;
export type Device = 'cpu' | 'cuda';

/** For marks that permute or shuffle the whole vocabulary. */
export function needVocabSize({ vocabSize }: Settings): number {
  if (vocabSize === undefined) {
    throw new TypeError(
      '"vocabSize" expected the width of a row of logits, got none: this mark permutes the vocabulary',
    );
  }
  return vocabSize;
}

/** For marks whose bits come from a table: that of a graphics card finds nothing of a CPU's. */
export function needDevice({ device }: Settings): Device {
  if (device === undefined) throw new TypeError('"device" expected cpu or cuda, where the engine ran, got none');
  return device;
}
