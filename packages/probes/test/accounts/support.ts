/** Seeded bytes, a made-up language, and students that are n-gram models: training without a GPU or an hour. @module */
import type { Mark } from '@taggant/core';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { uniforms } from '../../../core/test/support.ts';
import { NGram } from './ngram.ts';

/** Bytes for an assignment: tests must come out the same every time. */
export function seededBytes(seed: number): (length: number) => Uint8Array {
  const next = uniforms(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(256 * next()));
}

/** How a model fills a row of logits for what comes after `text`. */
export type Fill = (text: ArrayLike<number>, row: Float32Array) => void;

export const VOCABULARY = 256;

/** A language in which each word says how likely the next ones are; some words are commoner than others. */
export function language(seed: number): Fill {
  const next = uniforms(seed);
  const table = Float32Array.from(
    { length: VOCABULARY * VOCABULARY },
    (_, i) => 2.5 * next() - Math.log(3 + (i % VOCABULARY)) - 1.5 * Math.log(-Math.log(next() || 0.5)),
  );
  return (text, row) => {
    const last = text[text.length - 1];
    row.set(table.subarray(last * VOCABULARY, (last + 1) * VOCABULARY));
  };
}

/** A text of a model, marked by our hook; or plain, without marks. */
export function write(
  fill: Fill,
  marks: readonly Mark[],
  { length, vocabSize = VOCABULARY, temperature = 1 }: { length: number; vocabSize?: number; temperature?: number },
  next: () => number,
): number[] {
  const text = [Math.floor(next() * VOCABULARY), Math.floor(next() * VOCABULARY)];
  const hook = marks.length === 0 ? undefined : new MarkHook(marks);
  const sequence = hook?.start(text);
  const row = new Float32Array(vocabSize);
  while (text.length < length + 2) {
    fill(text, row);
    if (hook && sequence) hook.processLogits(row, [sequence]);
    else if (temperature !== 1) for (let v = 0; v < vocabSize; v++) row[v] /= temperature;
    const token = sampleToken(row, next());
    sequence?.push(token);
    text.push(token);
  }
  return text.slice(2);
}

/** What a student writes that was trained on these texts. */
export function studentOf(
  texts: readonly (readonly number[])[],
  { length, width = 2, vocabSize = VOCABULARY, temperature = 1 }: { length: number } & Record<string, number>,
  next: () => number,
): number[] {
  const student = new NGram(texts, { width, vocabSize });
  if (temperature === 1) return written(student, length, next);
  return write((text, row) => student.fill(text, row), [], { length, vocabSize, temperature }, next);
}

function written(student: NGram, length: number, next: () => number): number[] {
  const text = [Math.floor(next() * VOCABULARY), Math.floor(next() * VOCABULARY)];
  while (text.length < length + 2) text.push(student.draw(text, next));
  return text.slice(2);
}
