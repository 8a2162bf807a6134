/** Border checks: every bad argument is an error that says its name, what was expected and what came. @module */

/** Refuses what is not a number (`TypeError`) or fails `ok` (`RangeError`). NaN fails every range. */
export function check(name: string, value: number, ok: boolean, expected: string): void {
  if (typeof value === 'number' && ok) return;
  const text = `"${name}" expected ${expected}, got ${typeof value === 'number' ? value : describe(value)}`;
  throw typeof value === 'number' ? new RangeError(text) : new TypeError(text);
}

/** An integer, of any sign, that a double holds exactly. */
export function checkInteger(name: string, value: number): void {
  check(name, value, Number.isSafeInteger(value), 'an integer');
}

/** A number of trials: an integer from `least` to 2^53 - 1. */
export function checkCount(name: string, value: number, least = 0): void {
  check(name, value, Number.isSafeInteger(value) && value >= least, `an integer >= ${least}`);
}

/** A probability, its two ends included. */
export function checkProbability(name: string, value: number): void {
  check(name, value, value >= 0 && value <= 1, 'a number in [0, 1]');
}

/** A confidence level strictly between 0 and 1. */
export function checkConfidence(value: number): void {
  check('confidence', value, value > 0 && value < 1, 'a number in (0, 1)');
}

/** A natural log of a probability: from -Infinity (impossible) to 0 (certain). */
export function checkLnP(name: string, value: number): void {
  check(name, value, value <= 0, 'a number <= 0, or -Infinity');
}

/** A list of at least `least` numbers; the numbers themselves are the caller's to check. */
export function checkList(name: string, list: ArrayLike<number>, least: number): ArrayLike<number> {
  if (typeof list !== 'object' || list === null || typeof list.length !== 'number') {
    throw new TypeError(`"${name}" expected an array of numbers, got ${describe(list)}`);
  }
  check(`${name}.length`, list.length, list.length >= least, `at least ${least}`);
  return list;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
