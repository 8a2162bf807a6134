/**
 * Where single elements end in torch.randperm: MT19937 and a forward shuffle that is followed, not done; step by step as
 * js/permutation.ts has it.
 */
const N: i32 = 624, M: i32 = 397;

/**
 * For each range d = n, n - 1, ... n - steps + 1, in this order: the inverse of d's odd part modulo 2^32 at `inverses`, and at
 * `mosts` the largest quotient of a 32-bit multiple of that part.
 */
export function divisors(inverses: usize, mosts: usize, n: u32, steps: u32): void {
  for (let i: u32 = 0; i < steps; i++) {
    const d = n - i;
    const odd = d >> ctz(d);
    let x = odd;
    for (let step = 0; step < 4; step++) x *= 2 - odd * x;
    store<u32>(inverses + (i << 2), x);
    store<u32>(mosts + (i << 2), 0xffffffff / odd);
  }
}

/** The place of `element` in the permutation of n under `seed` if it is below `steps` (below n), or -1. State: 628 words. */
export function placeOf(seed: u32, element: u32, n: u32, steps: u32, state: usize, inverses: usize, mosts: usize): i32 {
  fill(state, seed);
  let at = element;
  for (let from: u32 = 0; from < steps; from += N) {
    twist(state);
    const end = min<u32>(from + N, steps);
    let begin = from;
    for (;;) {
      // Until the element's own step comes, it stays where it is unless a draw hits it.
      const stop = min(at, end);
      const hit = firstHit(state, from, begin, stop, at, n, inverses, mosts);
      if (hit >= 0) return hit;
      if (stop == end) break;
      const moved = temper(load<u32>(state + ((at - from) << 2))) % (n - at);
      if (moved == 0) return at;
      begin = at + 1;
      at += moved;
    }
  }
  return -1;
}

/** The first step from `begin` to `stop` whose draw modulo n - step is at - step, or -1. Division only where it may be so. */
function firstHit(
  state: usize, from: u32, begin: u32, stop: u32, at: u32, n: u32, inverses: usize, mosts: usize,
): i32 {
  const lanes = i32x4(0, 1, 2, 3);
  for (let step = from + ((begin - from) & ~3); step < stop; step += 4) {
    const words = temper4(v128.load(state + ((step - from) << 2)));
    const rest = i32x4.sub(i32x4.splat(at - step), lanes);
    const quotients = i32x4.mul(i32x4.sub(words, rest), v128.load(inverses + (step << 2)));
    const may = i32x4.le_u(quotients, v128.load(mosts + (step << 2)));
    if (!v128.any_true(may)) continue;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const i = step + lane;
      if (i < begin || i >= stop) continue;
      if (temper(load<u32>(state + ((i - from) << 2))) % (n - i) == at - i) return i;
    }
  }
  return -1;
}

function fill(state: usize, seed: u32): void {
  let word = seed;
  store<u32>(state, word);
  for (let i: i32 = 1; i < N; i++) {
    word = 1812433253 * (word ^ (word >> 30)) + i;
    store<u32>(state + (i << 2), word);
  }
}

/** The next 624 words of state, in place. */
function twist(state: usize): void {
  let i = 0;
  for (; i < N - M - 3; i += 4) mix4(state, i, i + M);
  for (; i < N - M; i++) mix(state, i, i + 1, i + M);
  for (; i < N - 1; i += 4) mix4(state, i, i + M - N);
  mix(state, N - 1, 0, M - 1);
}

@inline function mix4(state: usize, i: i32, other: i32): void {
  const at = state + (i << 2);
  const next = v128.load(at, 4);
  const word = v128.or(
    v128.and(v128.load(at), i32x4.splat(0x80000000)),
    v128.and(next, i32x4.splat(0x7fffffff)),
  );
  const odd = v128.and(i32x4.neg(v128.and(next, i32x4.splat(1))), i32x4.splat(0x9908b0df));
  v128.store(at, v128.xor(v128.xor(v128.load(state + (other << 2)), i32x4.shr_u(word, 1)), odd));
}

@inline function mix(state: usize, i: i32, following: i32, other: i32): void {
  const next = load<u32>(state + (following << 2));
  const word = (load<u32>(state + (i << 2)) & 0x80000000) | (next & 0x7fffffff);
  store<u32>(state + (i << 2), load<u32>(state + (other << 2)) ^ (word >> 1) ^ (next & 1 ? 0x9908b0df : 0));
}

@inline function temper4(word: v128): v128 {
  word = v128.xor(word, i32x4.shr_u(word, 11));
  word = v128.xor(word, v128.and(i32x4.shl(word, 7), i32x4.splat(0x9d2c5680)));
  word = v128.xor(word, v128.and(i32x4.shl(word, 15), i32x4.splat(0xefc60000)));
  return v128.xor(word, i32x4.shr_u(word, 18));
}

@inline function temper(word: u32): u32 {
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return word ^ (word >> 18);
}
