/** The marks that the lab's teachers served with. @module */
import { deriveKey, type MarkKey, type NativeMark, type NativeMarkInput, openMark } from '@taggant/core';
import { secretOf } from '../../strength/samples.ts';

const green = (gamma: string, delta: number, contextWidth: number): NativeMarkInput => ({
  scheme: 'greenlist',
  gamma,
  delta,
  contextWidth,
});

/** By id; the centre is `g4-d2-w2`: a green list of gamma 1/4, delta 2, width 2. */
export const MARKS: Readonly<Record<string, NativeMarkInput>> = {
  'g4-d2-w1': green('1/4', 2, 1),
  'g4-d2-w2': green('1/4', 2, 2),
  'g4-d2-w4': green('1/4', 2, 4),
  'g4-d1-w2': green('1/4', 1, 2),
  'g4-d3-w2': green('1/4', 3, 2),
  'g2-d2-w2': green('1/2', 2, 2),
  'g4-d3-w1': green('1/4', 3, 1),
  'g2-d2-w1': green('1/2', 2, 1),
  'gumbel-w1': { scheme: 'gumbel', contextWidth: 1 },
  'gumbel-w2': { scheme: 'gumbel', contextWidth: 2 },
  'gumbel-w4': { scheme: 'gumbel', contextWidth: 4 },
  'tournament-w1': { scheme: 'tournament', contextWidth: 1 },
  'tournament-w2': { scheme: 'tournament', contextWidth: 2 },
  'tournament-w4': { scheme: 'tournament', contextWidth: 4 },
};

/** The account of the cohort student, of 24,000; and one that served other text to the same student. */
export const COHORT = 13_577;

/** The key that a teacher marked with: a benchmark secret, so that anybody can repeat the tests. */
export function keyOf(id: string): MarkKey {
  const [name, label = ''] = id.split('@');
  return deriveKey(secretOf('students'), MARKS[name].scheme, `${name}${label && `/${label}`}`);
}

/** `g4-d2-w2`, of a second teacher `g4-d2-w2@b`, of an account `g4-d2-w2#13577`. */
export function markOf(id: string): NativeMark {
  const [teacher, cohort = '0'] = id.split('#');
  const input = MARKS[teacher.split('@')[0]];
  if (input === undefined) throw new RangeError(`"mark" expected one of ${Object.keys(MARKS).join(', ')}, got ${id}`);
  return openMark({ ...input, cohort: Number(cohort) }, keyOf(teacher));
}
