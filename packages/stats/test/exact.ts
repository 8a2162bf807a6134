/**
 * Oracles written from the definitions, in BigInt rationals, and the yardstick that compares a double with 32 digits.
 */

/** A double as the exact fraction num / 2^shift. */
export function dyadic(x: number): { num: bigint; shift: number } {
  let shift = 0;
  while (!Number.isInteger(x)) {
    x *= 2;
    shift += 1;
  }
  return { num: BigInt(x), shift };
}

/** ln P[Binomial(n, p) >= k] from its defining sum, as a decimal string. */
export function exactLnBinomialTail(k: number, n: number, p: number): string {
  const { num, shift } = dyadic(p);
  const rest = (1n << BigInt(shift)) - num;
  // Horner in num / rest, so that every step multiplies by small numbers: the sum from k of C(n, i) num^i rest^(n - i).
  let sum = 0n;
  let choose = 1n;
  let power = 1n;
  const start = Math.max(k, 0);
  const terms: bigint[] = [];
  for (let i = 0; i <= n; i++) {
    if (i >= start) terms.push(choose);
    choose = (choose * BigInt(n - i)) / BigInt(i + 1);
  }
  for (let i = terms.length - 1; i >= 0; i--) {
    sum = sum * num + terms[i]! * power;
    power *= rest;
  }
  return lnRational(sum * num ** BigInt(start), 1n << BigInt(shift * n));
}

/**
 * P[D_n^+ >= d] of the one-sided Kolmogorov-Smirnov distance as a decimal ln, by Bolshev's recursion over the first
 * order statistic that leaves its bound (not the sum that the library uses).
 */
export function exactLnSmirnovTail(d: number, n: number): string {
  const { num, shift } = dyadic(d);
  // All boundaries over the common denominator n 2^shift: outside(j) = 1 - d - (j - 1) / n.
  const one = BigInt(n) << BigInt(shift);
  const outside = (j: number) => {
    const value = one - BigInt(n) * num - (BigInt(j - 1) << BigInt(shift));
    return value > 0n ? value : 0n;
  };
  // inside[m] = P[m uniforms all keep their bounds] x one^m
  const inside = [1n];
  const failing = (m: number) => {
    let sum = 0n;
    let choose = 1n;
    for (let j = 1; j <= m; j++) {
      sum += choose * inside[j - 1]! * outside(j) ** BigInt(m - j + 1);
      choose = (choose * BigInt(m - j + 1)) / BigInt(j);
    }
    return sum;
  };
  for (let m = 1; m < n; m++) inside.push(one ** BigInt(m) - failing(m));
  return lnRational(failing(n), one ** BigInt(n));
}

/** ln(num / den) to 40 decimals. */
export function lnRational(num: bigint, den: bigint): string {
  const difference = lnBig(num) - lnBig(den);
  const digits = (difference < 0n ? -difference : difference).toString(10).padStart(DIGITS + 1, '0');
  return `${difference < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
}

/** got - reference, where the reference is a decimal string and the double counts at its exact value. */
export function errorAgainst(got: number, reference: string): number {
  // 45 significant digits also of a tiny number.
  const extra = got === 0 ? 0 : Math.min(300, Math.max(0, -Math.floor(Math.log10(Math.abs(got)))));
  const digits = BigInt(45 + extra);
  const { num, shift } = dyadic(got);
  const difference = ((num * 10n ** digits) >> BigInt(shift)) - parseDecimal(reference, digits);
  return Number(difference) / 1e45 / 10 ** extra;
}

/** The distance between a double and its neighbour. */
export function ulp(x: number): number {
  const size = Math.abs(x);
  return size < 2 ** -1021 ? 2 ** -1074 : 2 ** (Math.floor(Math.log2(size)) - 52);
}

function parseDecimal(text: string, digits: bigint): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace(/^[-+]/, '').split('.');
  const power = BigInt(exponent) - BigInt(fraction.length) + digits;
  // Far below the last digit asked for; the references near p = 1 go down to 1e-9000001.
  if (power < -1000n) return 0n;
  const value = BigInt(whole + fraction);
  const scaled = power >= 0n ? value * 10n ** power : value / 10n ** -power;
  return negative ? -scaled : scaled;
}

/** ln x x 10^40 for a positive integer x, in fixed point with 2^200: x = 2^e m, ln m by 2 atanh((m - 1) / (m + 1)). */
function lnBig(x: bigint): bigint {
  const e = BigInt(x.toString(16).length * 4);
  const m = e > BITS ? x >> (e - BITS) : x << (BITS - e);
  return ((e * LN_2 + lnFixed(m)) * 10n ** BigInt(DIGITS)) >> BITS;
}

function lnFixed(m: bigint): bigint {
  const s = ((m - ONE) << BITS) / (m + ONE);
  const s2 = (s * s) >> BITS;
  let power = s;
  let sum = 0n;
  for (let odd = 1n; power / odd !== 0n; odd += 2n) {
    sum += power / odd;
    power = (power * s2) >> BITS;
  }
  return 2n * sum;
}

const DIGITS = 40;
const BITS = 200n;
const ONE = 1n << BITS;
const LN_2 = -lnFixed(ONE / 2n);
