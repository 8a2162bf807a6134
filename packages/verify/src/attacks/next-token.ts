/**
 * What a local causal model expects behind forced text, by transformers.js (`@huggingface/transformers` 4.x).
 * @module
 */
import { AutoModelForCausalLM, DynamicCache, Tensor } from '@huggingface/transformers';

export interface CausalReader {
  /** A new text, of which the model has seen nothing but its beginning. */
  start(): ForcedText;
  /** The id that stands before a text. */
  readonly begin: number;
  dispose(): Promise<void>;
}

/** Opens a folder in the layout of transformers.js. Nothing is downloaded. */
export async function openCausalReader(folder: string): Promise<CausalReader> {
  const model = (await AutoModelForCausalLM.from_pretrained(folder, {
    dtype: 'fp32',
    local_files_only: true,
    // Steps are too short to be worth sharing: on two busy cores one thread took two thirds of the time (measured).
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  })) as unknown as Model & { readonly config: Config; dispose(): Promise<void> };
  const { bos_token_id: begin = 0, max_position_embeddings: longest = WINDOW } = model.config;
  return {
    begin,
    start: () => new ForcedText(model, begin, Math.min(longest, WINDOW)),
    dispose: () => model.dispose(),
  };
}

/**
 * A text as the model reads it, token by token. Keys and values are kept, so that each token costs one step; a text
 * that gets longer than the window goes on behind its last third.
 */
export class ForcedText {
  readonly #model: Model;
  readonly #window: number;
  readonly #recent: number[];
  /** Read by the model already, of the recent ones. */
  #read = 0;
  #cache: Cache | null = null;

  constructor(model: Model, begin: number, window: number) {
    this.#model = model;
    this.#window = window;
    this.#recent = [begin];
  }

  push(token: number): void {
    this.#recent.push(token);
    // Room for what `lnBehind` adds.
    if (this.#recent.length < this.#window) return;
    this.#recent.splice(0, this.#recent.length - Math.ceil(this.#window / 3));
    this.#read = 0;
    this.#cache = null;
  }

  /** ln p of every next token. Asked for at most once behind each token. */
  async lnNext(): Promise<Float32Array> {
    const unread = this.#recent.slice(this.#read);
    const { logits, cache } = await forward(this.#model, [unread], this.#cache, this.#read);
    this.#read = this.#recent.length;
    this.#cache = cache;
    const total = lnSumExp(logits[0]);
    return logits[0].map((logit) => logit - total);
  }

  /** ln p of one token behind each of several next ones; the text stays as it is. Asked for after `lnNext`. */
  async lnBehind(tokens: readonly number[], after: number): Promise<number[]> {
    const cache = this.#cache && repeated(this.#cache, tokens.length);
    const rows = tokens.map((token) => [token]);
    const { logits } = await forward(this.#model, rows, cache, this.#read);
    return logits.map((row) => row[after] - lnSumExp(row));
  }
}

type Cache = Readonly<Record<string, Tensor>>;

type Model = (inputs: {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
  readonly past_key_values: unknown;
}) => Promise<Record<string, Tensor>>;

interface Config {
  readonly bos_token_id?: number;
  readonly max_position_embeddings?: number;
}

/** Rows of one length behind `past` tokens; the logits behind the last token of each. */
async function forward(model: Model, rows: readonly (readonly number[])[], cache: Cache | null, past: number) {
  const [count, length] = [rows.length, rows[0].length];
  const mask = new BigInt64Array(count * (past + length)).fill(1n);
  const outputs = await model({
    input_ids: new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [count, length]),
    attention_mask: new Tensor('int64', mask, [count, past + length]),
    past_key_values: cache && new DynamicCache(cache),
  });
  const width = outputs.logits.dims[2];
  const data = outputs.logits.data as Float32Array;
  const kept = Object.entries(outputs).filter(([name]) => name.startsWith('present.'));
  return {
    logits: rows.map((_, i) => data.subarray(((i + 1) * length - 1) * width, (i + 1) * length * width)),
    cache: Object.fromEntries(kept.map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor])),
  };
}

/** The same past for each of several rows. */
function repeated(cache: Cache, count: number): Cache {
  return Object.fromEntries(
    Object.entries(cache).map(([name, { data, dims }]) => {
      const copies = new Float32Array(count * data.length);
      for (let i = 0; i < count; i++) copies.set(data as Float32Array, i * data.length);
      return [name, new Tensor('float32', copies, [count, ...dims.slice(1)])];
    }),
  );
}

function lnSumExp(row: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) if (row[i] > most) most = row[i];
  let total = 0;
  for (let i = 0; i < row.length; i++) total += Math.exp(row[i] - most);
  return most + Math.log(total);
}

const WINDOW = 256;
