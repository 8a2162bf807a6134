/** The work of a thread that scores texts under keys; see `detectKeysInThreads`. @module */
import { importKey, type NativeDescriptor, type Pairs, type Scheme, scoreKeys } from '@taggant/core';

/** Holds keys: passed by message, never written anywhere. */
export interface KeysSetup {
  readonly descriptor: NativeDescriptor;
  /** Texts to score, each as its pairs. */
  readonly texts: readonly Pairs[];
}

/** Keys as `exportKey` gives them. */
export interface SealedKeys {
  readonly scheme: Scheme;
  readonly keys: readonly string[];
}

/** The sums of each text under each key. */
export default function openKeysTask({ descriptor, texts }: KeysSetup): (sealed: SealedKeys) => Float64Array[] {
  return ({ scheme, keys }) => {
    const opened = keys.map((key) => importKey(key, scheme));
    return texts.map((pairs) => scoreKeys(descriptor, opened, pairs));
  };
}
