/** Where two JSON values differ. @module */
import { show } from '@taggant/core';

/**
 * The differences in words, `result.p: expected 0.5, got 0.25`; none when the values are equal. `tolerance`: by how much of
 * the larger one's size two numbers may differ, integers apart; 0 means to the last bit.
 */
export function differences(expected: unknown, got: unknown, tolerance = 0, name = 'result'): string[] {
  if (isObject(expected) && isObject(got) && Array.isArray(expected) === Array.isArray(got)) {
    const fields = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return [...fields].flatMap((field) => {
      const path = Array.isArray(expected) ? `${name}[${field}]` : `${name}.${field}`;
      return differences(own(expected, field), own(got, field), tolerance, path);
    });
  }
  if (Object.is(expected, got)) return [];
  if (typeof expected === 'number' && typeof got === 'number' && !Number.isInteger(expected)) {
    if (Math.abs(expected - got) <= tolerance * Math.max(Math.abs(expected), Math.abs(got))) return [];
  }
  return [`${name}: expected ${show(expected)}, got ${show(got)}`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const own = (object: Record<string, unknown>, field: string) =>
  Object.hasOwn(object, field) ? object[field] : undefined;
