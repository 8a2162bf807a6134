/** One text under many keys: the search of a keyring, of tenants, of epochs. @module */
import { type NativeDescriptor, parseDescriptor } from '../descriptor.ts';
import { parseGamma } from '../gamma.ts';
import type { Pairs } from '../pairs.ts';
import type { MarkKey } from '../secret.ts';
import { openMark } from './native.ts';
import { Slots } from './slots.ts';
import { total } from './total.ts';

/**
 * The sum of the pairs' scores under each key, for a mark with these parameters (whose `kid`, if any, is ignored).
 * 17 ns a key and pair for green lists: 24,000 keys and 10,000 pairs take seconds.
 *
 * @example
 * scoreKeys(mark.descriptor, keys, distinctPairs(ids, { contextWidth: mark.contextWidth }))[0]; // under keys[0]
 */
export function scoreKeys(descriptor: NativeDescriptor, keys: readonly MarkKey[], pairs: Pairs): Float64Array {
  const { kid: _, ...parameters } = parseDescriptor(descriptor);
  const wrong = keys.find(({ scheme }) => scheme !== parameters.scheme);
  if (wrong !== undefined) throw new RangeError(`"keys" expected scheme ${parameters.scheme}, got ${wrong.scheme}`);
  if (parameters.scheme !== 'greenlist') {
    return Float64Array.from(keys, (key) => total(openMark(parameters, key), pairs));
  }
  if (keys.length === 0) return new Float64Array(0);
  const { bits, green } = parseGamma(parameters.gamma);
  const counts = new Uint32Array(keys.length);
  new Slots(keys[0], parameters).countKeys(pairs, keys, bits, green, counts);
  return Float64Array.from(counts);
}
