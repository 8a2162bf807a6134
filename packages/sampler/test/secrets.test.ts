/** No key material in anything that the sampler and the detector print, before or after use. */
import { randomBytes } from 'node:crypto';
import { openMark, SCHEMES, Secret } from '@taggant/core';
import { describeDetection, detectMany, detectTokens } from '@taggant/detector';
import { MarkHook } from '@taggant/sampler';
import { MarkLogitsProcessor, markedGeneration } from '@taggant/sampler/transformers';
import { describe, expect, it } from 'vitest';
import { errorOf, leaksIn } from '../../core/test/leaks.ts';
import { naiveKey } from '../../core/test/naive.ts';
import { randomRow, uniforms } from '../../core/test/support.ts';

const master = Uint8Array.from(randomBytes(32));
const text = Array.from({ length: 300 }, (_, i) => (i * i) % 97);

describe.each(SCHEMES)('%s', (scheme) => {
  const mark = openMark({ scheme }, Secret.fromBytes(master));
  const material = [master, naiveKey(master, scheme)];
  const hook = new MarkHook(mark);
  const sequence = hook.start(text);
  const detection = detectTokens(text, mark, { details: true });

  it.each([
    ['MarkHook', hook],
    ['Sequence', sequence],
    ['Detection', detection],
    ['describeDetection', describeDetection(detection)],
    ['detectMany', [...detectMany([{ id: 'a', tokens: text }], mark)]],
    ['MarkLogitsProcessor', new MarkLogitsProcessor(hook)],
    ['markedGeneration', markedGeneration(mark)],
  ])('%s shows none', (_, object) => {
    for (let step = 0; step < 3; step++) {
      hook.processLogits(randomRow(500, uniforms(step)), [sequence]);
      sequence.push(step);
    }
    expect(leaksIn(object, material)).toEqual([]);
  });

  it.each([
    ['a bad logit', () => hook.processLogits(Float32Array.of(Number.NaN), [sequence])],
    ['no logits', () => hook.processLogits(new Float32Array(0), [sequence])],
    ['a bad token', () => detectTokens([1, -1], mark)],
    ['a bad option', () => detectTokens(text, mark, { alpha: 7 })],
    ['a bad temperature', () => new MarkHook(mark, { temperature: -1 })],
    ['an undividable batch', () => hook.processLogits(new Float32Array(3), [sequence, sequence])],
  ])('an error for %s shows none', (_, act) => {
    expect(leaksIn(errorOf(act), material)).toEqual([]);
  });
});
