/** What adapters ask of the marks that they are given. @module */
import type { Mark } from '@taggant/core';
import type { MarkHook } from './hook.ts';
import type { Sequence } from './sequence.ts';

/** @internal One mark is a list of one. */
export function listOf(marks: Mark | readonly Mark[]): readonly Mark[] {
  return Array.isArray(marks) ? marks : [marks as Mark];
}

/** @internal Whether any of the marks adds a bias, or acts on the final distribution. */
export function anyActs(marks: Mark | readonly Mark[], on: Mark['acts']): boolean {
  return listOf(marks).some(({ acts }) => acts === on);
}

/** @internal For engines that take biases and draw themselves. `instead`: what serves other marks there. */
export function refuseDistributionMarks(marks: Mark | readonly Mark[], instead = ''): void {
  for (const { acts, title } of listOf(marks)) {
    if (acts === 'logits') continue;
    throw new RangeError(`"marks" expected green lists, which are a bias, got ${title}${instead}`);
  }
}

/** @internal The bias of each token at the next step, into `row`: what marking makes of a row of zeros. */
export function biasOf(hook: MarkHook, sequence: Sequence, row: Float32Array): Float32Array {
  row.fill(0);
  hook.processLogits(row, [sequence]);
  return row;
}
