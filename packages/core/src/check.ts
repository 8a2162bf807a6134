/** Border checks shared by the whole of core: say the name, what was expected, what came. @module */

/** A short rendering of a bad value. Long text is described, not shown: it may be a secret in the wrong place. */
export function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 32 ? `text of length ${value.length}` : JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

export function checkInteger(value: unknown, name: string, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw new RangeError(`"${name}" expected an integer from ${min} to ${max}, got ${show(value)}`);
  }
  return value as number;
}

export function checkFinite(value: unknown, name: string): number {
  if (!Number.isFinite(value)) throw new RangeError(`"${name}" expected a finite number, got ${show(value)}`);
  return value as number;
}

export function checkPositive(value: unknown, name: string): number {
  if (checkFinite(value, name) > 0) return value as number;
  throw new RangeError(`"${name}" expected a number above 0, got ${show(value)}`);
}

export function checkOneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  if (!choices.includes(value as T)) {
    throw new RangeError(`"${name}" expected one of ${choices.join(', ')}, got ${show(value)}`);
  }
  return value as T;
}

/** Token ids as a Uint32Array, each below `limit`. Accepts plain arrays of integers. */
export function checkTokens(tokens: ArrayLike<number>, name: string, limit = TOKEN_LIMIT): Uint32Array {
  const length = tokens !== null && typeof tokens === 'object' ? tokens.length : undefined;
  if (length === undefined || !Number.isInteger(length) || length < 0) {
    throw new TypeError(`"${name}" expected an array of token ids, got ${show(tokens)}`);
  }
  if (tokens instanceof Uint32Array) {
    for (let i = 0; i < length; i++) if (tokens[i] >= limit) throw badToken(name, i, limit, tokens[i]);
    return tokens;
  }
  const ids = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    // Each element is read once: what was checked is what is returned, getters or not.
    const token = tokens[i] as number;
    if (!(token >= 0 && token < limit && Number.isInteger(token))) throw badToken(name, i, limit, token);
    ids[i] = token;
  }
  return ids;
}

function badToken(name: string, i: number, limit: number, got: unknown): RangeError {
  return new RangeError(`"${name}[${i}]" expected a token id from 0 to ${limit - 1}, got ${show(got)}`);
}

/** Token ids are below 0xFFFFFF: that value fills the unused fields of a nonce. */
export const TOKEN_LIMIT = 0xffffff;
