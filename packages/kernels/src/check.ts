/** The border of both backends: every argument is checked here, once, and trusted beyond. @module */
import type { Kernels } from './kernels.ts';
import { LEAST_TEMPERATURE, MOST_TEMPERATURE, takesTemperature } from './temperature.ts';

/** The same kernels behind checks. What is refused throws before anything is written. */
export function checked(inner: Kernels): Kernels {
  return Object.freeze({
    backend: inner.backend,

    keystream(key, nonce, firstBlock, out) {
      checkKey(key);
      checkNonce(nonce);
      checkType('out', out, 'Uint32Array');
      checkInteger('firstBlock', firstBlock, 0, 2 ** 32 - Math.max(1, Math.ceil(out.length / 16)));
      inner.keystream(key, nonce, firstBlock, out);
    },

    readSlots(key, nonces, slots, bits, out) {
      checkKey(key);
      checkPairs(nonces, slots, 'slots');
      checkOneOf('bits', bits, [1, 2, 4, 8, 32]);
      checkType('out', out, 'Uint32Array');
      checkLength('out', out, slots.length, ' (1 per slot)');
      inner.readSlots(key, nonces, slots, bits, out);
    },

    biasGreen(logits, key, nonce, bits, green, cohort, delta) {
      checkRow(logits);
      checkKey(key);
      checkNonce(nonce);
      checkGreen(bits, green);
      checkInteger('cohort', cohort, 0, SLOT_LIMIT - 1);
      checkFloat('delta', delta);
      return inner.biasGreen(logits, key, nonce, bits, green, cohort, delta);
    },

    countCohorts(key, nonces, tokens, bits, green, firstCohort, out) {
      checkKey(key);
      checkPairs(nonces, tokens, 'tokens');
      checkGreen(bits, green);
      checkType('out', out, 'Uint32Array');
      checkInteger('firstCohort', firstCohort, 0, SLOT_LIMIT - Math.max(1, out.length));
      inner.countCohorts(key, nonces, tokens, bits, green, firstCohort, out);
    },

    countKeys(keys, nonces, slots, bits, green, out) {
      checkType('out', out, 'Uint32Array');
      checkType('keys', keys, 'Uint32Array');
      checkLength('keys', keys, 8 * out.length, ' (8 per count)');
      checkPairs(nonces, slots, 'slots');
      checkGreen(bits, green);
      inner.countKeys(keys, nonces, slots, bits, green, out);
    },

    allocateLogits(length) {
      checkInteger('length', length, 0, LOGITS_LIMIT);
      return inner.allocateLogits(length);
    },

    peaks(logits, out) {
      checkType('logits', logits, 'Float32Array');
      checkType('out', out, 'Float32Array');
      checkLength('out', out, 5 * Math.ceil(logits.length / 64), ' (5 per 64 logits)');
      return inner.peaks(logits, out);
    },

    massBelow(logits, floor, largest, temperature) {
      checkType('logits', logits, 'Float32Array');
      checkFloat('floor', floor);
      checkFloat('largest', largest);
      checkTemperature(temperature);
      return inner.massBelow(logits, floor, largest, temperature);
    },

    loudest(logits, largest, temperature, key, nonce, cohort) {
      checkRow(logits);
      checkFloat('largest', largest);
      checkTemperature(temperature);
      checkKey(key);
      checkNonce(nonce);
      checkInteger('cohort', cohort, 0, SLOT_LIMIT - 1);
      return inner.loudest(logits, largest, temperature, key, nonce, cohort);
    },

    philox(blocks, keys) {
      checkType('blocks', blocks, 'Uint32Array');
      checkType('keys', keys, 'Uint32Array');
      checkLength('blocks', blocks, 2 * keys.length, ' (4 per key of 2 words)');
      if (keys.length % 2 !== 0) throw new RangeError(`"keys" expected 2 words each, got ${keys.length} words`);
      inner.philox(blocks, keys);
    },

    permutationPlaces(seeds, elements, n, count, out) {
      checkType('seeds', seeds, 'Uint32Array');
      checkType('elements', elements, 'Uint32Array');
      checkType('out', out, 'Int32Array');
      checkLength('elements', elements, seeds.length, ' (1 per seed)');
      checkLength('out', out, seeds.length, ' (1 per seed)');
      checkInteger('n', n, 1, SLOT_LIMIT);
      checkInteger('count', count, 0, 2 ** 32);
      for (let i = 0; i < elements.length; i++) checkInteger(`elements[${i}]`, elements[i]!, 0, n - 1);
      inner.permutationPlaces(seeds, elements, n, count, out);
    },

    play(probabilities, words, layers) {
      checkType('probabilities', probabilities, 'Float64Array');
      checkType('words', words, 'Uint32Array');
      checkLength('words', words, probabilities.length, ' (1 per probability)');
      checkInteger('layers', layers, 0, 32);
      inner.play(probabilities, words, layers);
    },
  } satisfies Kernels);
}

function checkRow(logits: Float32Array): void {
  checkType('logits', logits, 'Float32Array');
  if (logits.length <= SLOT_LIMIT) return;
  throw new RangeError(`"logits" expected length at most ${SLOT_LIMIT}, got ${logits.length}`);
}

function checkFloat(name: string, value: number): void {
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return;
  throw new RangeError(`"${name}" expected a finite float32 number, got ${show(value)}`);
}

function checkTemperature(temperature: number): void {
  if (typeof temperature === 'number' && takesTemperature(temperature)) return;
  const range = `${LEAST_TEMPERATURE} to ${MOST_TEMPERATURE}`;
  throw new RangeError(`"temperature" expected a number from ${range}, got ${show(temperature)}`);
}

function checkKey(key: Uint32Array): void {
  checkType('key', key, 'Uint32Array');
  checkLength('key', key, 8);
}

function checkNonce(nonce: Uint32Array): void {
  checkType('nonce', nonce, 'Uint32Array');
  checkLength('nonce', nonce, 3);
}

function checkGreen(bits: number, green: number): void {
  checkOneOf('bits', bits, [1, 2, 4, 8]);
  checkInteger('green', green, 1, 2 ** bits - 1);
}

/** Three words of nonce per slot (or token), and ids that fit a slot. */
function checkPairs(nonces: Uint32Array, ids: Uint32Array, name: string): void {
  checkType(name, ids, 'Uint32Array');
  checkType('nonces', nonces, 'Uint32Array');
  checkLength('nonces', nonces, 3 * ids.length, ` (3 per ${name.slice(0, -1)})`);
  checkIds(ids, name);
}

/** By tag, not by `instanceof`: arrays of another realm (jest, vm, iframes) are as good. */
function checkType(
  name: string,
  value: unknown,
  expected: 'Uint32Array' | 'Float32Array' | 'Float64Array' | 'Int32Array',
): void {
  const tag = ArrayBuffer.isView(value) ? (value as Uint32Array)[Symbol.toStringTag] : show(value);
  if (tag !== expected) throw new TypeError(`"${name}" expected ${expected}, got ${tag}`);
}

function checkLength(name: string, { length }: { readonly length: number }, expected: number, why = ''): void {
  if (length !== expected) throw new RangeError(`"${name}" expected length ${expected}${why}, got ${length}`);
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`"${name}" expected an integer from ${min} to ${max}, got ${show(value)}`);
  }
}

function checkOneOf(name: string, value: number, choices: readonly number[]): void {
  if (!choices.includes(value)) {
    throw new RangeError(`"${name}" expected one of ${choices.join(', ')}, got ${show(value)}`);
  }
}

/** ORing all ids together costs a tenth of a comparison with an exit each; the culprit is only looked for on failure. */
function checkIds(ids: Uint32Array, name: string): void {
  let union = 0;
  for (let i = 0; i < ids.length; i++) union |= ids[i]!;
  if (union >>> 24 === 0) return;
  const i = ids.findIndex((id) => id >= SLOT_LIMIT);
  throw new RangeError(`"${name}[${i}]" expected a slot from 0 to ${SLOT_LIMIT - 1}, got ${ids[i]}`);
}

/** Never shows what is in an object or a string: a misplaced argument may be a key. */
function show(value: unknown): string {
  return value === null || typeof value === 'number' ? String(value) : typeof value;
}

/** Tokens, cohorts and therefore slots are below 2^24. */
const SLOT_LIMIT = 2 ** 24;

/** 1 GiB. */
const LOGITS_LIMIT = 2 ** 28;
