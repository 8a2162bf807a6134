/**
 * The small model as a GGUF file, for llama.cpp: the weights and the tokenizer of the `model` folder in that format.
 *
 * The format is described in ggml's `docs/gguf.md`, version 3. llama.cpp rotates neighbouring pairs of a head where the
 * model rotates its halves, so the rows of the query and key weights change places.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyLmFolder } from './index.ts';
import { type OnnxTensor, onnxInitializers } from './onnx.ts';

/**
 * The bytes of the GGUF file (13 MB, float32). `folder`: a folder that `benchmarks/lab` exported; default: tiny-lm's.
 *
 * @example
 * writeFileSync('tiny-lm.gguf', tinyLmGguf());
 */
export function tinyLmGguf(folder = tinyLmFolder): Uint8Array {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return gguf(
    metadata(json('config.json'), json('tokenizer.json')),
    tensors(json('config.json'), onnxInitializers(readFileSync(join(folder, 'onnx/model.onnx')))),
  );
}

interface Config {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
  readonly rope_theta: number;
  readonly rms_norm_eps: number;
  readonly eos_token_id: number;
}

interface TokenizerJson {
  readonly added_tokens: readonly { readonly id: number }[];
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly [string, string][] };
}

interface Matrix {
  readonly name: string;
  /** Fastest dimension first. */
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

type Value =
  | { u32: number }
  | { f32: number }
  | { string: string }
  | { strings: readonly string[] }
  | { i32s: readonly number[] };

function metadata(config: Config, { model, added_tokens }: TokenizerJson): Record<string, Value> {
  const tokens = Object.keys(model.vocab).sort((a, b) => model.vocab[a] - model.vocab[b]);
  const special = new Set(added_tokens.map(({ id }) => id));
  return {
    'general.architecture': { string: 'llama' },
    'general.name': { string: 'tiny-lm' },
    'llama.vocab_size': { u32: config.vocab_size },
    'llama.context_length': { u32: config.max_position_embeddings },
    'llama.embedding_length': { u32: config.hidden_size },
    'llama.feed_forward_length': { u32: config.intermediate_size },
    'llama.block_count': { u32: config.num_hidden_layers },
    'llama.attention.head_count': { u32: config.num_attention_heads },
    'llama.attention.head_count_kv': { u32: config.num_key_value_heads },
    'llama.attention.layer_norm_rms_epsilon': { f32: config.rms_norm_eps },
    'llama.rope.dimension_count': { u32: config.head_dim },
    'llama.rope.freq_base': { f32: config.rope_theta },
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: 'gpt-2' },
    'tokenizer.ggml.tokens': { strings: tokens },
    'tokenizer.ggml.token_type': { i32s: tokens.map((_, id) => (special.has(id) ? CONTROL : NORMAL)) },
    'tokenizer.ggml.merges': { strings: model.merges.map((pair) => pair.join(' ')) },
    'tokenizer.ggml.bos_token_id': { u32: config.eos_token_id },
    'tokenizer.ggml.eos_token_id': { u32: config.eos_token_id },
  };
}

/** The names and layouts of `benchmarks/lab/export_onnx.py` become llama.cpp's. */
function tensors(config: Config, stored: ReadonlyMap<string, OnnxTensor>): Matrix[] {
  const { hidden_size: width, intermediate_size: inner, head_dim: d } = config;
  const [heads, kvHeads] = [config.num_attention_heads, config.num_key_value_heads];
  const floats = (name: string) => stored.get(name)!.data as Float32Array;
  const vector = (name: string, from: string): Matrix => ({ name, dims: [width], data: floats(from) });
  /** Rows of a stored matrix: int8 levels times the row's scale. */
  const matrix = (name: string, from: string, rows: readonly number[], columns: number, gain = 1): Matrix => {
    const [levels, scales] = [stored.get(from)!.data, floats(`${from}.scale`)];
    const data = new Float32Array(rows.length * columns);
    rows.forEach((row, i) => {
      for (let j = 0; j < columns; j++)
        data[i * columns + j] = Math.fround(levels[row * columns + j] * scales[row]) * gain;
    });
    return { name, dims: [columns, rows.length], data };
  };
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => {
    const [to, from] = [`blk.${i}`, `layer.${i}`];
    const [q, k, v] = [0, heads, heads + kvHeads].map((head) => head * d);
    return [
      vector(`${to}.attn_norm.weight`, `${from}.norm1`),
      // The stored query scales hold the softmax's 1 / sqrt(d).
      matrix(`${to}.attn_q.weight`, `${from}.qkv`, pairedRows(q, heads, d), width, Math.sqrt(d)),
      matrix(`${to}.attn_k.weight`, `${from}.qkv`, pairedRows(k, kvHeads, d), width),
      matrix(`${to}.attn_v.weight`, `${from}.qkv`, rows(v, kvHeads * d), width),
      matrix(`${to}.attn_output.weight`, `${from}.o`, rows(0, width), heads * d),
      vector(`${to}.ffn_norm.weight`, `${from}.norm2`),
      matrix(`${to}.ffn_gate.weight`, `${from}.gate_up`, rows(0, inner), width),
      matrix(`${to}.ffn_up.weight`, `${from}.gate_up`, rows(inner, inner), width),
      matrix(`${to}.ffn_down.weight`, `${from}.down`, rows(0, width), inner),
    ];
  });
  return [
    matrix('token_embd.weight', 'embed', rows(0, config.vocab_size), width),
    ...layers.flat(),
    vector('output_norm.weight', 'norm'),
  ];
}

const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** Row 2i + j of a head is row i of its half j. */
const pairedRows = (from: number, heads: number, d: number) =>
  rows(0, heads * d).map((row) => {
    const [head, i, j] = [Math.floor(row / d), Math.floor((row % d) / 2), row % 2];
    return from + head * d + j * (d / 2) + i;
  });

function gguf(metadata: Record<string, Value>, matrices: readonly Matrix[]): Uint8Array {
  const head = new Writer();
  head.bytes(new TextEncoder().encode('GGUF'));
  head.u32(3);
  head.u64(matrices.length);
  head.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    head.string(key);
    writeValue(head, value);
  }
  let offset = 0;
  for (const { name, dims, data } of matrices) {
    head.string(name);
    head.u32(dims.length);
    for (const dim of dims) head.u64(dim);
    head.u32(F32_TENSOR);
    head.u64(offset);
    offset += aligned(data.byteLength);
  }
  const start = aligned(head.length);
  const file = new Uint8Array(start + offset);
  head.copyTo(file);
  let at = start;
  for (const { data } of matrices) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += aligned(data.byteLength);
  }
  return file;
}

function writeValue(to: Writer, value: Value): void {
  if ('u32' in value) {
    to.u32(4);
    to.u32(value.u32);
  } else if ('f32' in value) {
    to.u32(6);
    to.bytes(new Uint8Array(Float32Array.of(value.f32).buffer));
  } else if ('string' in value) {
    to.u32(STRING);
    to.string(value.string);
  } else {
    const strings = 'strings' in value;
    const items = strings ? value.strings : value.i32s;
    to.u32(ARRAY);
    to.u32(strings ? STRING : I32);
    to.u64(items.length);
    for (const item of items) typeof item === 'string' ? to.string(item) : to.u32(item);
  }
}

/** Little-endian fields, one after the other. */
class Writer {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  bytes(part: Uint8Array): void {
    this.#parts.push(part);
    this.length += part.length;
  }

  u32(value: number): void {
    this.bytes(new Uint8Array(Uint32Array.of(value).buffer));
  }

  u64(value: number): void {
    this.bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  copyTo(file: Uint8Array): void {
    let at = 0;
    for (const part of this.#parts) {
      file.set(part, at);
      at += part.length;
    }
  }
}

const aligned = (length: number) => Math.ceil(length / 32) * 32;

const [I32, STRING, ARRAY] = [5, 8, 9];
const F32_TENSOR = 0;
const [NORMAL, CONTROL] = [1, 3];
