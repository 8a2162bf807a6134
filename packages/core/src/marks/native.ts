/** Opens a native mark: a descriptor and the key that it names. @module */
import { type MarkDescriptor, parseDescriptor } from '../descriptor.ts';
import type { Mark } from '../mark.ts';
import { deriveKey, MarkKey, Secret } from '../secret.ts';
import { greenlist } from './greenlist.ts';
import { gumbel } from './gumbel.ts';
import { tournament } from './tournament.ts';

/** A descriptor in which everything but the scheme may be left to the defaults. */
export type NativeMarkInput =
  | MarkDescriptor
  | ({ readonly mark?: 'taggant/1'; readonly scheme: MarkDescriptor['scheme'] } & Partial<
      Record<'gamma' | 'delta' | 'contextWidth' | 'cohort' | 'layers' | 'stage' | 'kid' | 'tokenizer', unknown>
    >);

/**
 * The mark of a descriptor under a key (or under a master secret, with the empty label). Defaults: green list gamma 1/4,
 * delta 2, context 2; Gumbel and tournament context 4; tournament 30 layers. The opened mark's descriptor carries the kid.
 * Throws when the descriptor is malformed, or names another scheme or kid than the key's.
 *
 * @example
 * const mark = openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2 }, Secret.generate());
 */
export function openMark(input: NativeMarkInput, key: MarkKey | Secret): Mark {
  const descriptor = parseDescriptor({ mark: 'taggant/1', ...input });
  const { scheme, kid } = descriptor;
  if (!(key instanceof MarkKey || key instanceof Secret)) {
    throw new TypeError(`"key" expected a MarkKey or a Secret, got ${typeof key}`);
  }
  const markKey = key instanceof MarkKey ? key : deriveKey(key, scheme);
  if (markKey.scheme !== scheme) throw new RangeError(`"key" expected scheme ${scheme}, got ${markKey.scheme}`);
  if (kid !== undefined && kid !== markKey.kid) throw new RangeError(`"key" expected kid ${kid}, got ${markKey.kid}`);
  const named = Object.freeze({ ...descriptor, kid: markKey.kid });
  switch (named.scheme) {
    case 'greenlist':
      return frozen(greenlist(named, markKey));
    case 'gumbel':
      return frozen(gumbel(named, markKey));
    case 'tournament':
      return frozen(tournament(named, markKey));
  }
}

/** Results hand the law on; whoever changed it there would change every later p-value. */
function frozen(mark: Mark): Mark {
  Object.freeze(mark.law);
  Object.freeze(mark.oneBit);
  return Object.freeze(mark);
}
