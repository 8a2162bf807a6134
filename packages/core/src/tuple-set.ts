/**
 * An exact set of fixed-width tuples of token ids: open addressing over flat typed arrays.
 *
 * The distinct pairs of a text and the contexts that a sequence has used up are both such sets; entries are compared
 * in full, so that no hash collision can ever drop or double a pair. @module
 */
export class TupleSet {
  readonly width: number;
  size = 0;
  #table = new Int32Array(64).fill(-1);
  #entries: Uint32Array;

  constructor(width: number) {
    this.width = width;
    this.#entries = new Uint32Array(32 * width);
  }

  /** Whether `source[start .. start + width)` is in the set. */
  has(source: Uint32Array, start: number): boolean {
    return this.#table[this.#find(source, start)] >= 0;
  }

  /** Adds the tuple; false if it was there already. */
  add(source: Uint32Array, start: number): boolean {
    const place = this.#find(source, start);
    if (this.#table[place] >= 0) return false;
    const at = this.size * this.width;
    if (at + this.width > this.#entries.length) this.#entries = grown(this.#entries);
    for (let i = 0; i < this.width; i++) this.#entries[at + i] = source[start + i];
    this.#table[place] = this.size++;
    if (this.size * 2 > this.#table.length) this.#rehash();
    return true;
  }

  #find(source: Uint32Array, start: number): number {
    const { width } = this;
    const table = this.#table;
    const entries = this.#entries;
    const mask = table.length - 1;
    let place = hash(source, start, width) & mask;
    for (;;) {
      const entry = table[place];
      if (entry < 0) return place;
      const at = entry * width;
      let i = 0;
      while (i < width && entries[at + i] === source[start + i]) i++;
      if (i === width) return place;
      place = (place + 1) & mask;
    }
  }

  #rehash(): void {
    const mask = this.#table.length * 4 - 1;
    const table = new Int32Array(mask + 1).fill(-1);
    for (let entry = 0; entry < this.size; entry++) {
      let place = hash(this.#entries, entry * this.width, this.width) & mask;
      while (table[place] >= 0) place = (place + 1) & mask;
      table[place] = entry;
    }
    this.#table = table;
  }
}

function grown(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(array.length * 2 || 1);
  larger.set(array);
  return larger;
}

/** The hash of `source[start .. start + width)`. */
const hash = (source: Uint32Array, start: number, width: number) => finish(mix(source, start, width));

/** Takes tokens into a hash, one after the other: a hash of their beginning can be taken further. */
export function mix(source: Uint32Array, start: number, width: number, h = SEED): number {
  for (let i = start; i < start + width; i++) {
    h = Math.imul(h ^ source[i], 0x85ebca6b);
    h ^= h >>> 13;
  }
  return h;
}

/** Multiply-xor mixing ends with the 32-bit finaliser of MurmurHash3 (A. Appleby, public domain). */
export function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Drawn anew in every process, so that no text can be made to collide; which entries are equal does not depend on it. */
const SEED = crypto.getRandomValues(new Uint32Array(1))[0];
