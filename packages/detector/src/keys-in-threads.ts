/** A search over keys, spread over worker threads (Node). @module */
import { exportKey, type MarkKey, type NativeDescriptor, type Pairs } from '@taggant/core';
import { pairsOf } from './detect.ts';
import type { SealedKeys } from './keys-task.ts';
import { anonymous, firstPairs, markOfAny, type Search, type SearchOptions, search } from './search.ts';
import { mapInThreads } from './threads.ts';

/**
 * `detectKeys` with the keys dealt out to threads; the result is the same however many there are.
 *
 * @example
 * await detectKeysInThreads(ids, mark.descriptor, keys, { threads: availableParallelism() });
 */
export async function detectKeysInThreads(
  tokens: ArrayLike<number>,
  descriptor: NativeDescriptor,
  keys: readonly MarkKey[],
  { threads = 1, ...options }: SearchOptions & { readonly threads?: number } = {},
): Promise<Search<string>> {
  const mark = markOfAny(keys, descriptor);
  const pairs = pairsOf(tokens, mark, options);
  const first = firstPairs(pairs);
  const texts: Pairs[] = first.n === pairs.n ? [pairs] : [pairs, first];
  const parts: { from: number; totals: readonly Float64Array[] }[] = [];
  let from = 0;
  for await (const totals of mapInThreads(handfuls(keys), { module: TASK, setup: { descriptor, texts }, threads })) {
    parts.push({ from, totals: totals as Float64Array[] });
    from += HANDFUL;
  }
  const found = search(pairs, mark, options, function* (scored) {
    const text = scored === pairs ? 0 : 1;
    for (const { from, totals } of parts) yield { nameOf: (i) => keys[from + i].kid, totals: totals[text] };
  });
  return anonymous(found);
}

function* handfuls(keys: readonly MarkKey[]): Generator<SealedKeys> {
  for (let from = 0; from < keys.length; from += HANDFUL) {
    yield { scheme: keys[0].scheme, keys: keys.slice(from, from + HANDFUL).map(exportKey) };
  }
}

/** Small enough to deal out evenly, large enough that a message costs nothing beside its work. */
const HANDFUL = 256;

/** Beside this file, in the sources as in what is built of them. */
const TASK = new URL(`./keys-task${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
