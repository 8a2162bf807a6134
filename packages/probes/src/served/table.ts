/**
 * Counts by 64-bit fingerprint: open addressing in 256 shards, 8 bytes a slot.
 *
 * A fingerprint is two words. The top 8 bits of the second name the shard, its other 24 stand in a slot above a count of 8
 * bits, and the first, which also says where to look, stands beside them. A shard grows by half when 85 % full; as they
 * grow one by one, no moment needs the memory of two whole tables: 9.4 to 14.2 bytes an entry.
 * @module
 */

/** Counts stop here. */
export const MOST = 255;
export const SHARDS = 256;

export class CountTable {
  readonly #tables: Uint32Array[];
  readonly #sizes = new Uint32Array(SHARDS);

  /** `expected`: how many entries will come, if known. They then take 10 bytes each from the beginning. */
  constructor(expected = 0) {
    const slots = slotsFor(expected / SHARDS);
    this.#tables = Array.from({ length: SHARDS }, () => new Uint32Array(2 * slots));
  }

  /** One more of a fingerprint. */
  add(high: number, low: number): void {
    const shard = low >>> 24;
    const at = placeOf(this.#tables[shard], high, low << 8);
    const entry = this.#tables[shard][at];
    if ((entry & MOST) === 0) this.#insert(shard, at, high, (low << 8) | 1);
    else if ((entry & MOST) < MOST) this.#tables[shard][at]++;
  }

  /** 0 for one that was never added. */
  count(high: number, low: number): number {
    const table = this.#tables[low >>> 24];
    return table[placeOf(table, high, low << 8)] & MOST;
  }

  get size(): number {
    return this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  get bytes(): number {
    return this.#tables.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The entries of a shard, two words each, in rising order: the same however they came to be there. */
  entries(shard: number): Uint32Array {
    const table = this.#tables[shard];
    const words = new Uint32Array(2 * this.#sizes[shard]);
    let to = 0;
    for (let at = 0; at < table.length; at += 2) {
      if (table[at] === 0) continue;
      words[to++] = table[at];
      words[to++] = table[at + 1];
    }
    new BigUint64Array(words.buffer).sort();
    return words;
  }

  /** Fills an empty shard with what `entries` gave. Throws RangeError for entries that it cannot have given. */
  fill(shard: number, words: Uint32Array): void {
    const entries = new BigUint64Array(words.buffer, words.byteOffset, words.length / 2);
    this.#tables[shard] = new Uint32Array(2 * slotsFor(entries.length));
    for (let i = 0; i < entries.length; i++) {
      const [entry, high] = [words[2 * i], words[2 * i + 1]];
      if ((entry & MOST) === 0 || (i > 0 && entries[i] >> 8n <= entries[i - 1] >> 8n)) {
        throw new RangeError(`shard ${shard} expected rising entries with counts of at least 1`);
      }
      this.#insert(shard, placeOf(this.#tables[shard], high, entry), high, entry);
    }
  }

  #insert(shard: number, at: number, high: number, entry: number): void {
    const table = this.#tables[shard];
    table[at] = entry;
    table[at + 1] = high;
    if (++this.#sizes[shard] > FULLEST * (table.length / 2)) this.#tables[shard] = grown(table);
  }
}

/** Where the entry stands, or, if it is not there, the empty place that it would take. `entry`: its count plays no part. */
function placeOf(table: Uint32Array, high: number, entry: number): number {
  const slots = table.length / 2;
  let at = 2 * Math.floor(((high >>> 0) * slots) / 2 ** 32);
  while (table[at] !== 0 && !(table[at + 1] === high >>> 0 && (table[at] ^ entry) >>> 8 === 0)) {
    at = at + 2 === table.length ? 0 : at + 2;
  }
  return at;
}

function grown(table: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * Math.ceil((GROWTH * table.length) / 2));
  for (let at = 0; at < table.length; at += 2) {
    if (table[at] === 0) continue;
    const to = placeOf(larger, table[at + 1], table[at]);
    larger[to] = table[at];
    larger[to + 1] = table[at + 1];
  }
  return larger;
}

const slotsFor = (entries: number) => Math.max(16, Math.ceil(entries / LOAD));

const LOAD = 0.8;
const FULLEST = 0.85;
const GROWTH = 1.5;
