/** The decoy keys of a run: all made from one seed, so that they are the same for each of its inputs and in every thread. @module */
import { createHash, randomBytes } from 'node:crypto';
import type { Mark } from '@taggant/core';
import type { DecoyKeys } from '@taggant/detector';
import { openEngineMark, withRandomKey } from '@taggant/engines';
import type { SealedMark } from './mark-file.ts';

export interface DecoySetup {
  readonly count: number;
  /** Any text. No secret: decoy keys have marked nothing. */
  readonly seed: string;
}

export const drawSeed = () => randomBytes(16).toString('hex');

/** Decoys of a mark, from the first on, however often it is called. */
export function decoyKeysOf(
  mark: SealedMark,
  { count, seed }: DecoySetup,
  onProgress?: (scored: number) => void,
): DecoyKeys {
  // The key's own bytes, then any more that an engine's keys need.
  const drawFor = (index: number) => {
    let drawn = 0;
    return (length: number) =>
      createHash('shake256', { outputLength: length })
        .update(`taggant/decoy/1\n${index}\n${drawn++}\n${seed}`)
        .digest();
  };
  if ('key' in mark) {
    let index = 0;
    return { count, random: () => drawFor(index++)(32), onProgress };
  }
  return { marks: marks(), onProgress };

  function* marks(): Generator<Mark> {
    for (let index = 0; index < count; index++) yield openEngineMark(withRandomKey(mark as never, drawFor(index)));
  }
}
