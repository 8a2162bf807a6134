/** Opens a native mark: a descriptor and the key that it names. @module */
import { type NativeDescriptor, parseDescriptor } from '../descriptor.ts';
import type { Mark } from '../mark.ts';
import { deriveKey, MarkKey, Secret } from '../secret.ts';
import { greenlist } from './greenlist.ts';
import { gumbel } from './gumbel.ts';
import { total } from './total.ts';
import { tournament } from './tournament.ts';

/** A descriptor in which everything but the scheme may be left to the defaults. */
export type NativeMarkInput =
  | NativeDescriptor
  | ({ readonly mark?: 'taggant/1'; readonly scheme: NativeDescriptor['scheme'] } & Partial<
      Record<'gamma' | 'delta' | 'contextWidth' | 'cohort' | 'layers' | 'stage' | 'kid' | 'tokenizer', unknown>
    >);

/** A mark of `taggant/1`. */
export type NativeMark = Mark<NativeDescriptor>;

/**
 * The mark of a descriptor under a key (or under a master secret, with the empty label). Defaults: green list gamma 1/4,
 * delta 2, context 2; Gumbel and tournament context 4; tournament 30 layers. The opened mark's descriptor carries the kid.
 * Throws when the descriptor is malformed, or names another scheme or kid than the key's.
 *
 * @example
 * const mark = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2 }, Secret.generate());
 */
export function openMark(input: NativeMarkInput, key: MarkKey | Secret): NativeMark {
  const descriptor = parseDescriptor({ mark: 'taggant/1', ...input });
  const { scheme, kid } = descriptor;
  if (!(key instanceof MarkKey || key instanceof Secret)) {
    throw new TypeError(`"key" expected a MarkKey or a Secret, got ${typeof key}`);
  }
  const markKey = key instanceof MarkKey ? key : deriveKey(key, scheme);
  if (markKey.scheme !== scheme) throw new RangeError(`"key" expected scheme ${scheme}, got ${markKey.scheme}`);
  if (kid !== undefined && kid !== markKey.kid) throw new RangeError(`"key" expected kid ${kid}, got ${markKey.kid}`);
  return open(Object.freeze({ ...descriptor, kid: markKey.kid }), markKey);
}

function open(descriptor: NativeDescriptor, key: MarkKey): NativeMark {
  switch (descriptor.scheme) {
    case 'greenlist':
      return frozen(greenlist(descriptor, key));
    case 'gumbel':
      return frozen({ ...gumbel(descriptor, key), scoreCohorts: oneByOne(descriptor, key) });
    case 'tournament':
      return frozen({ ...tournament(descriptor, key), scoreCohorts: oneByOne(descriptor, key) });
  }
}

/** The plain way: a mark for every cohort. A block holds only 16 words, so there is little to share. */
function oneByOne(descriptor: NativeDescriptor, key: MarkKey): Mark['scoreCohorts'] {
  return (pairs, first, out) => {
    for (let i = 0; i < out.length; i++) out[i] = total(open({ ...descriptor, cohort: first + i }, key), pairs);
  };
}

/** Results hand the law on; whoever changed it there would change every later p-value. */
function frozen<D extends NativeDescriptor>(mark: Mark<D>): Mark<D> {
  Object.freeze(mark.law);
  Object.freeze(mark.oneBit);
  return Object.freeze(mark);
}
