/** Looks for key material in everything that a program may print of an object or an error. @module */
import { format, inspect } from 'node:util';

/** The windows of 8 bytes of a secret that appear in what is printed of the value, in any usual notation. */
export function leaksIn(value: unknown, secrets: readonly Uint8Array[]): string[] {
  const texts = prints(value).map(normalised);
  return secrets
    .flatMap(notations)
    .map(normalised)
    .filter((needle) => texts.some((text) => text.includes(needle)));
}

/** The error that `act` throws; an Error of our own if it throws none. */
export function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error(`expected an error from ${act}`);
}

function prints(value: unknown): string[] {
  const error = value instanceof Error ? [value.message, String(value.stack), ...prints(value.cause)] : [];
  const attempts = [
    () =>
      inspect(value, {
        showHidden: true,
        depth: Infinity,
        getters: true,
        maxArrayLength: Infinity,
        maxStringLength: Infinity,
      }),
    () => inspect(value),
    () => format('%o %O %s %j', value, value, value, value),
    () => JSON.stringify(value),
    () => String(value),
    () => inspect(Object.entries(value as object), { depth: Infinity }),
    () =>
      Reflect.ownKeys(value as object)
        .map((key) => inspect((value as Record<PropertyKey, unknown>)[key], { showHidden: true, depth: Infinity }))
        .join(' '),
    () => inspect(structuredClone(value), { showHidden: true, depth: Infinity }),
  ];
  const texts = attempts.map((attempt) => {
    try {
      return attempt() ?? '';
    } catch (thrown) {
      return `${thrown} ${inspect(thrown)}`;
    }
  });
  return [...texts, ...error];
}

/** Spaces, quotes and the indices of `{"0": 1, "1": 2}` aside, so that one notation covers its layouts. */
const normalised = (text: string) => text.replace(/"?\b\d+"?:/g, '').replace(/[\s'"]/g, '');

function notations(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret);
  const windows = Array.from({ length: bytes.length - 7 }, (_, i) => bytes.subarray(i, i + 8));
  const words = Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readUInt32LE(4 * i));
  // Ten digits hold 60 bits, and more than 7 bytes whatever their alignment.
  const base64 = [0, 1, 2].flatMap((shift) =>
    slidingText(bytes.subarray(shift).toString('base64').replace(/=+$/, ''), 10),
  );
  return [
    ...windows.flatMap((window) => [
      window.toString('hex'),
      window.toString('hex').toUpperCase(),
      window.join(','),
      window.toString('hex').replace(/..(?=.)/g, '$& '),
    ]),
    ...windows.map((window) => `"${window.toString('latin1')}"`).filter((text) => normalised(text).length >= 6),
    ...base64.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
    ...slidingText(words, 2).map((pair) => pair.join(',')),
    ...slidingText(
      words.map((word) => word | 0),
      2,
    ).map((pair) => pair.join(',')),
  ];
}

function slidingText<T extends string | number[]>(sequence: T, length: number): T[] {
  return Array.from({ length: sequence.length - length + 1 }, (_, i) => sequence.slice(i, i + length) as T);
}
