/**
 * Double-double arithmetic: a number held as the unevaluated sum of two doubles, about 31 decimal digits
 * (Dekker 1971; Hida, Li and Bailey 2001). A log tail of -1000 whose p must be right to 1e-12 is the difference of
 * terms near 1e7: doubles lose it, these keep it. @module
 */

/** hi + lo, where |lo| is at most half a unit in the last place of hi. */
export interface DoubleDouble {
  readonly hi: number;
  readonly lo: number;
}

/** The exact sum of two doubles (Knuth's TwoSum). */
export function twoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const t = hi - a;
  return { hi, lo: a - (hi - t) + (b - t) };
}

/**
 * The exact product of two doubles (Dekker, with Veltkamp's split: JavaScript has no fused multiply-add). |a| and |b|
 * below 2^996.
 */
export function twoProduct(a: number, b: number): DoubleDouble {
  const hi = a * b;
  const ta = SPLITTER * a;
  const aHi = ta - (ta - a);
  const aLo = a - aHi;
  const tb = SPLITTER * b;
  const bHi = tb - (tb - b);
  const bLo = b - bHi;
  return { hi, lo: aLo * bLo - (hi - aHi * bHi - aLo * bHi - aHi * bLo) };
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const s = twoSum(a.hi, b.hi);
  const t = twoSum(a.lo, b.lo);
  const u = fastTwoSum(s.hi, s.lo + t.hi);
  return fastTwoSum(u.hi, u.lo + t.lo);
}

export function subtract(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  return add(a, { hi: -b.hi, lo: -b.lo });
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = twoProduct(a.hi, b.hi);
  return fastTwoSum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

/** a times the double b. */
export function scale(a: DoubleDouble, b: number): DoubleDouble {
  const product = twoProduct(a.hi, b);
  return fastTwoSum(product.hi, product.lo + a.lo * b);
}

export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a.hi / b.hi;
  const rest = subtract(a, scale(b, first));
  return fastTwoSum(first, rest.hi / b.hi);
}

/** A double as a double-double. */
export function exactly(a: number): DoubleDouble {
  return { hi: a, lo: 0 };
}

/** 1 - p without rounding. */
export function complementOf(p: number): DoubleDouble {
  return twoSum(1, -p);
}

/**
 * Natural logarithm of a positive double-double, to about 30 digits.
 *
 * x = 2^e m with m in [0.70, 1.41]; c = the nearest 64th to m; ln x = e ln 2 + ln c + 2 atanh((m - c) / (m + c)).
 * Near 1 both e and ln c vanish, so ln(1 - 1e-300) keeps all its digits.
 */
export function ln(x: DoubleDouble): DoubleDouble {
  if (x.hi < 2 ** -900 || x.hi > 2 ** 900) {
    // Away from subnormal numbers and overflow, in exact steps.
    const shift = x.hi < 1 ? 200 : -200;
    const factor = x.hi < 1 ? 2 ** 200 : 2 ** -200;
    return subtract(ln({ hi: x.hi * factor, lo: x.lo * factor }), scale(LN_2, shift));
  }
  let e = exponent(x.hi);
  if (x.hi * powerOfTwo(-e) > Math.SQRT2) e += 1;
  const factor = powerOfTwo(-e);
  const m = { hi: x.hi * factor, lo: x.lo * factor };
  const j = Math.round(m.hi * 64);
  const c = { hi: j / 64, lo: 0 };
  const fraction = twiceAtanh(divide(subtract(m, c), add(m, c)));
  return add(add(scale(LN_2, e), LN_OF_64THS[j - FIRST_64TH]!), fraction);
}

/** hi + lo when |a| >= |b|, in three operations (Dekker). */
function fastTwoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  return { hi, lo: b - (hi - a) };
}

/** 2 atanh(s) for |s| <= 0.012: the odd power series, its first terms in double-double and the small rest in double. */
function twiceAtanh(s: DoubleDouble): DoubleDouble {
  const t = multiply(s, s);
  const z = t.hi;
  const rest = 1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z / 17)));
  let sum = add(ONE_7TH, scale(t, rest));
  sum = add(ONE_5TH, multiply(t, sum));
  sum = add(ONE_3RD, multiply(t, sum));
  sum = add(ONE, multiply(t, sum));
  return scale(multiply(s, sum), 2);
}

/** floor(log2 x) for a positive normal double, from its exponent bits. */
function exponent(x: number): number {
  FLOAT[0] = x;
  return (WORDS[HIGH_WORD]! >>> 20) - 1023;
}

/** 2^e for -1022 <= e <= 1023, from its exponent bits: Math.pow costs more than the logarithm's own arithmetic. */
function powerOfTwo(e: number): number {
  WORDS[HIGH_WORD] = (e + 1023) << 20;
  WORDS[1 - HIGH_WORD] = 0;
  return FLOAT[0]!;
}

/** ln(j / 64) for j = 45..91, chained outwards from ln 1 = 0 by ln((j + 1) / j) = 2 atanh(1 / (2j + 1)). */
function lnOf64ths(): readonly DoubleDouble[] {
  const table: DoubleDouble[] = [];
  table[64 - FIRST_64TH] = exactly(0);
  const step = (j: number) => twiceAtanh(divide(ONE, exactly(2 * j + 1)));
  for (let j = 64; j < LAST_64TH; j++) table[j + 1 - FIRST_64TH] = add(table[j - FIRST_64TH]!, step(j));
  for (let j = 63; j >= FIRST_64TH; j--) table[j - FIRST_64TH] = subtract(table[j + 1 - FIRST_64TH]!, step(j));
  return table;
}

const SPLITTER = 2 ** 27 + 1;
const ONE = { hi: 1, lo: 0 };
const ONE_3RD = { hi: 0.3333333333333333, lo: 1.850371707708594e-17 };
const ONE_5TH = { hi: 0.2, lo: -1.1102230246251566e-17 };
const ONE_7TH = { hi: 0.14285714285714285, lo: 7.93016446160826e-18 };
const LN_2 = { hi: Math.LN2, lo: 2.3190468138462996e-17 };
const FLOAT = /* @__PURE__ */ new Float64Array(1);
const WORDS = /* @__PURE__ */ new Uint32Array(FLOAT.buffer);
const HIGH_WORD = /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const FIRST_64TH = 45;
const LAST_64TH = 91;
const LN_OF_64THS = /* @__PURE__ */ lnOf64ths();
