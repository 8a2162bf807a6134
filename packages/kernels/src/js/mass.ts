/** The weight of a row's tail under softmax: float32 arithmetic, step by step that of assembly/mass.ts. @module */
import { CHUNK } from '../chunk.ts';

/** See Kernels.massBelow. */
export function massBelow(logits: Float32Array, floor: number, largest: number, temperature: number): number {
  const scale = scaleOf(temperature);
  let mass = 0;
  for (let from = 0; from < logits.length; from += CHUNK) {
    mass += massOfChunk(logits, from, Math.min(from + CHUNK, logits.length), floor, largest, scale);
  }
  return mass;
}

/** Logits are 2^((logit - largest) * scale) in weight. */
export const scaleOf = (temperature: number): number => f32(Math.LOG2E / temperature);

/** Four sums over 64 logits in float32, everything above in float64. */
function massOfChunk(
  logits: Float32Array,
  from: number,
  to: number,
  floor: number,
  largest: number,
  scale: number,
): number {
  let mass = 0;
  for (let start = from; start < to; start += 64) {
    const end = Math.min(start + 64, to);
    sums.fill(0);
    for (let v = start; v < end; v++) {
      const x = logits[v]!;
      if (x < floor && x > -Infinity) sums[v & 3]! += power(f32(f32(x - largest) * scale));
    }
    mass += sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
  }
  return mass;
}

/** 2^z for z <= 0, and 2^-126 below -126; see assembly/mass.ts. */
function power(z: number): number {
  if (!(z > -126)) z = -126; // NaN, too
  asFloat[0] = z + MAGIC;
  const n = asInt[0]!;
  const f = f32(z - f32(asFloat[0] - MAGIC));
  let p = P5;
  p = f32(f32(p * f) + P4);
  p = f32(f32(p * f) + P3);
  p = f32(f32(p * f) + P2);
  p = f32(f32(p * f) + P1);
  asFloat[0] = f32(p * f) + P0;
  asInt[0] = asInt[0]! + (n << 23);
  return asFloat[0];
}

const f32 = Math.fround;
const sums = new Float32Array(4);
const asFloat = new Float32Array(1);
const asInt = new Int32Array(asFloat.buffer);
const MAGIC = 12_582_912;
const P5 = 0.0013390863314270973;
const P4 = 0.009676031768321991;
const P3 = 0.055503569543361664;
const P2 = 0.2402210682630539;
const P1 = 0.6931471824645996;
const P0 = 1.0000001192092896;
