/**
 * What an engine's file of this package exports for each of its marks: how to read the configuration that its users
 * write, and what mark that is. @module
 */
import type { Mark } from '@taggant/core';
import type { Config } from './config.ts';

/** A mark without its descriptor, which `openEngineMark` makes of what the file said. */
export type Recipe = Omit<Mark, 'descriptor'>;

export interface Settings {
  /** The engine's own configuration. The opener reads all of its fields; what it leaves unread is an error. */
  readonly config: Config;
  /** Width of a row of logits; undefined where the file does not say it. */
  readonly vocabSize: number | undefined;
  /** Whose random generator made the text: it matters where an engine draws its lists with torch. */
  readonly device: Device | undefined;
  /** For marks whose engine draws which of two keys chooses: numbers from 0 to below 1. */
  readonly random: (() => number) | undefined;
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

/** For marks whose CUDA generator nobody can follow on another machine. */
export function needCpu({ device }: Settings, why: string): void {
  if (device === 'cuda') throw new RangeError(`"device" expected cpu, got ${device}: ${why}`);
}
