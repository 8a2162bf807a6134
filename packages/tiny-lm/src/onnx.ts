/** The stored weights of an ONNX file: as much of protocol buffers and of ONNX's schema as that takes. @module */

export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int8Array;
}

/** The float32 and int8 initializers of a model, by name; others are left out. */
export function onnxInitializers(file: Uint8Array): Map<string, OnnxTensor> {
  const tensors = new Map<string, OnnxTensor>();
  for (const graph of fields(file)) {
    if (graph.number !== MODEL_GRAPH) continue;
    for (const { number, bytes } of fields(graph.bytes)) {
      if (number !== GRAPH_INITIALIZER) continue;
      const tensor = [...fields(bytes)];
      const one = (number: number) => tensor.find((field) => field.number === number)!;
      const stored = one(TENSOR_RAW)?.bytes;
      const type = one(TENSOR_TYPE).value;
      if (stored === undefined || (type !== FLOAT && type !== INT8)) continue;
      // A copy, because float32 needs alignment.
      const { buffer } = Uint8Array.from(stored);
      tensors.set(new TextDecoder().decode(one(TENSOR_NAME).bytes), {
        dims: tensor.filter(({ number }) => number === TENSOR_DIMS).map(({ value }) => value),
        data: type === FLOAT ? new Float32Array(buffer) : new Int8Array(buffer),
      });
    }
  }
  return tensors;
}

interface Field {
  readonly number: number;
  /** Of a varint. */
  readonly value: number;
  /** Of anything else. */
  readonly bytes: Uint8Array;
}

function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    const value = wire === 0 || wire === 2 ? varint() : 0;
    const length = wire === 2 ? value : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    yield { number, value, bytes: message.subarray(at, (at += length)) };
  }
}

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const [TENSOR_DIMS, TENSOR_TYPE, TENSOR_NAME, TENSOR_RAW] = [1, 2, 8, 9];
const [FLOAT, INT8] = [1, 3];
