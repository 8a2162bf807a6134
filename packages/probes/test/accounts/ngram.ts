/**
 * An n-gram model with back-off: how often each token came after the last `width` ones, mixed with what the shorter context
 * says (the context's own count against a constant weight, as in a Dirichlet prior).
 *
 * It learns a mark as simply as can be: by counting. Neural students learn more slowly and generalise; what such a model shows
 * says whether a test can name anybody at all, and whether it names innocents, and not how much text a real suspect needs.
 * @module
 */

export interface NGramOptions {
  readonly width: number;
  readonly vocabSize: number;
  /** Weight of the shorter context, in tokens. Default 2. */
  readonly prior?: number;
}

/** Successors of each context of one width, in one sorted list. */
interface Table {
  /** Context -> where its successors begin; the next context's begin where they end. */
  readonly places: ReadonlyMap<number, readonly [begin: number, end: number, total: number]>;
  readonly tokens: Uint32Array;
  readonly counts: Uint32Array;
}

export class NGram {
  readonly #tables: readonly Table[];
  readonly #lnUnigrams: Float32Array;
  readonly #unigrams: Float64Array;
  readonly #vocabSize: number;
  readonly #prior: number;
  /** Scratch: the mass of each token that follows a known context, and which tokens those are. */
  readonly #mass: Float64Array;
  readonly #touched: Uint32Array;

  constructor(texts: readonly ArrayLike<number>[], { width, vocabSize, prior = 2 }: NGramOptions) {
    this.#vocabSize = vocabSize;
    this.#prior = prior;
    this.#mass = new Float64Array(vocabSize);
    this.#touched = new Uint32Array(vocabSize);
    this.#tables = Array.from({ length: width }, (_, i) => tableOf(texts, i + 1, vocabSize));
    const counts = new Float64Array(vocabSize).fill(0.01);
    for (const text of texts) for (let i = 0; i < text.length; i++) counts[text[i]]++;
    const total = counts.reduce((a, b) => a + b, 0);
    this.#unigrams = counts.map((count) => count / total);
    this.#lnUnigrams = Float32Array.from(this.#unigrams, Math.log);
  }

  /** A token after `text`, drawn at temperature 1: from the longest context's successors, or else as a shorter one says. */
  draw(text: ArrayLike<number>, next: () => number): number {
    for (const { table, place } of this.#known(text)) {
      const [begin, end, total] = place;
      let left = next() * (total + this.#prior);
      if (left >= total) continue;
      for (let i = begin; i < end; i++) if ((left -= table.counts[i]) < 0) return table.tokens[i];
    }
    let left = next();
    for (let v = 0; v < this.#vocabSize; v++) if ((left -= this.#unigrams[v]) < 0) return v;
    return this.#vocabSize - 1;
  }

  /** ln of the probability of each token after `text`, into `row`. */
  fill(text: ArrayLike<number>, row: Float32Array): void {
    const [mass, touched, unigrams] = [this.#mass, this.#touched, this.#unigrams];
    let [n, rest] = [0, 1];
    for (const { table, place } of this.#known(text)) {
      const [begin, end, total] = place;
      const share = rest / (total + this.#prior);
      for (let i = begin; i < end; i++) {
        const token = table.tokens[i];
        if (mass[token] === 0) touched[n++] = token;
        mass[token] += share * table.counts[i];
      }
      rest = share * this.#prior;
    }
    const lnRest = Math.log(rest);
    for (let v = 0; v < row.length; v++) row[v] = this.#lnUnigrams[v] + lnRest;
    for (let i = 0; i < n; i++) {
      const token = touched[i];
      row[token] = Math.log(mass[token] + rest * unigrams[token]);
      mass[token] = 0;
    }
  }

  /** What follows each context at the end of `text` that was seen, the longest first. */
  #known(text: ArrayLike<number>) {
    const found: { table: Table; place: readonly [number, number, number] }[] = [];
    let context = 0;
    for (let width = 1, scale = 1; width <= this.#tables.length; width++, scale *= this.#vocabSize) {
      context += text[text.length - width] * scale;
      const place = this.#tables[width - 1].places.get(context);
      if (place !== undefined) found.unshift({ table: this.#tables[width - 1], place });
    }
    return found;
  }
}

function tableOf(texts: readonly ArrayLike<number>[], width: number, vocabSize: number): Table {
  const keys = new Float64Array(texts.reduce((sum, { length }) => sum + Math.max(0, length - width), 0));
  let n = 0;
  for (const text of texts) {
    for (let i = width; i < text.length; i++) {
      let context = 0;
      for (let j = width; j >= 1; j--) context = context * vocabSize + text[i - j];
      keys[n++] = context * vocabSize + text[i];
    }
  }
  keys.sort();
  const places = new Map<number, [number, number, number]>();
  const [tokens, counts] = [new Uint32Array(n), new Uint32Array(n)];
  let size = 0;
  for (let i = 0; i < n; i++) {
    const context = Math.floor(keys[i] / vocabSize);
    const place = places.get(context);
    if (i > 0 && keys[i] === keys[i - 1]) counts[size - 1]++;
    else {
      tokens[size] = keys[i] % vocabSize;
      counts[size++] = 1;
      if (place === undefined) places.set(context, [size - 1, size, 0]);
    }
    const own = places.get(context) as [number, number, number];
    own[1] = size;
    own[2]++;
  }
  return { places, tokens: tokens.slice(0, size), counts: counts.slice(0, size) };
}
