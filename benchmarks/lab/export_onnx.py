"""Writes the trained model as the ONNX graph and JSON files that transformers.js loads.

Standard operators only (opset 17), float32 arithmetic. Matrices are int8 with a scale per output
row, turned into float32 by `Cast` and `Mul` of constants, which onnxruntime folds at load. Inputs and
outputs carry the names that transformers.js feeds and feeds back:

    input_ids, position_ids [B, S]; attention_mask [B, T]; past_key_values.i.key|value [B, kv, P, d]
    logits [B, S, vocab]; present.i.key|value [B, kv, T, d]                              T = P + S
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from data import MODEL
from model import Llama, Shape, rotary_tables
from quantise import quantise

MASKED = -1e9  # finite: a row that is all padding stays a number


class Graph:
    """`graph.Op(inputs..., attribute=...)` appends a node and returns the name(s) of its output(s)."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def __getattr__(self, op):
        def append(*inputs, outputs=1, named=None, **attributes):
            stem = named or f"{op}.{len(self.nodes)}"
            names = [stem] if outputs == 1 else [f"{stem}.{i}" for i in range(outputs)]
            self.nodes.append(helper.make_node(op, inputs, names, stem, **attributes))
            return names[0] if outputs == 1 else names

        return append

    def constant(self, name, value):
        """Names an initializer; of plain numbers, whole ones become int64 and the others float32."""
        if not isinstance(value, np.ndarray):
            value = np.asarray(value, dtype=np.float32 if isinstance(value, float) else np.int64)
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def matrix(self, name, *layers, gains=(1.0,)):
        """The weights [out, in] of the layers, stacked; stored as int8 with scales [out, 1], float32 once loaded."""
        levels, scales = zip(*(quantise(layer.weight.detach()) for layer in layers))
        scales = [scale * gain for scale, gain in zip(scales, gains, strict=True)]
        as_float = self.Cast(self.constant(name, torch.cat(levels).numpy()), to=TensorProto.FLOAT)
        return self.Mul(as_float, self.constant(f"{name}.scale", torch.cat(scales).numpy()))

    def linear(self, x, name, *layers, **gains):
        """x W^T: several projections of one input are one product."""
        return self.MatMul(x, self.Transpose(self.matrix(name, *layers, **gains), perm=[1, 0]))


def attention_bias(g, shape):
    """0 where query i may see key j, else MASKED: [B, 1, group * S, T], one copy for each query head of a group."""
    keys = g.Shape("attention_mask", start=1, end=2)
    queries = g.Shape("input_ids", start=1, end=2)
    zero, one = g.constant("zero", 0), g.constant("one", 1)
    length = g.Squeeze(keys)
    key = g.Range(zero, length, one)
    query = g.Unsqueeze(g.Range(g.Squeeze(g.Sub(keys, queries)), length, one), g.constant("last", [1]))
    causal = g.LessOrEqual(key, query)
    real = g.Unsqueeze(g.Cast("attention_mask", to=TensorProto.BOOL), g.constant("heads_and_queries", [1, 2]))
    seen = g.And(causal, real)
    bias = g.Where(seen, g.constant("nothing", 0.0), g.constant("masked", MASKED))
    return g.Concat(*[bias] * (shape.heads // shape.kv_heads), axis=2)


def rms_norm(g, x, name, norm):
    """x / sqrt(mean(x^2) + eps) * weight, in the form that onnxruntime fuses into one kernel."""
    mean = g.ReduceMean(g.Pow(x, g.constant("two", 2.0)), axes=[-1], keepdims=1)
    root = g.Sqrt(g.Add(mean, g.constant("eps", norm.eps)))
    return g.Mul(g.Div(x, root), g.constant(name, norm.weight.detach().numpy()))


def block(g, i, b, x, bias, cos, sin):
    """One layer; the softmax scale 1/sqrt(d) is in the scales of the query weights."""
    s = b.shape
    h = rms_norm(g, x, f"layer.{i}.norm1", b.norm1)
    qkv = g.linear(h, f"layer.{i}.qkv", b.q, b.k, b.v, gains=(s.head_dim**-0.5, 1.0, 1.0))
    qkv = g.Reshape(qkv, g.constant("split_heads", [0, 0, s.heads + 2 * s.kv_heads, s.head_dim]))
    qkv = g.Transpose(qkv, perm=[0, 2, 1, 3])
    qk, v = g.Split(qkv, g.constant("qk_v", [s.heads + s.kv_heads, s.kv_heads]), axis=1, outputs=2)
    left, right = g.Split(qk, axis=3, outputs=2)
    qk = g.Add(g.Mul(qk, cos), g.Mul(g.Concat(right, left, axis=3), sin))
    q, k = g.Split(qk, g.constant("q_k", [s.heads, s.kv_heads]), axis=1, outputs=2)
    k = g.Concat(f"past_key_values.{i}.key", k, axis=2, named=f"present.{i}.key")
    v = g.Concat(f"past_key_values.{i}.value", v, axis=2, named=f"present.{i}.value")
    q = g.Reshape(q, g.constant("by_group", [0, s.kv_heads, -1, s.head_dim]))
    seen = g.Softmax(g.Add(g.MatMul(q, g.Transpose(k, perm=[0, 1, 3, 2])), bias), axis=-1)
    a = g.Reshape(g.MatMul(seen, v), g.constant("by_head", [0, s.heads, -1, s.head_dim]))
    a = g.Reshape(g.Transpose(a, perm=[0, 2, 1, 3]), g.constant("join_heads", [0, 0, s.dim]))
    x = g.Add(x, g.linear(a, f"layer.{i}.o", b.o))
    h = rms_norm(g, x, f"layer.{i}.norm2", b.norm2)
    gate, up = g.Split(g.linear(h, f"layer.{i}.gate_up", b.gate, b.up, gains=(1.0, 1.0)), axis=2, outputs=2)
    h = g.Mul(g.Mul(gate, g.Sigmoid(gate)), up)
    return g.Add(x, g.linear(h, f"layer.{i}.down", b.down))


def build(model):
    """The whole network as an ONNX model."""
    s, g = model.shape, Graph()
    cos, sin = rotary_tables(s)
    sin[:, : s.head_dim // 2] *= -1
    tables = g.constant("cos", cos.numpy()), g.constant("sin", sin.numpy())
    cos, sin = [g.Unsqueeze(g.Gather(table, "position_ids"), g.constant("heads", [1])) for table in tables]
    bias = attention_bias(g, s)
    embed = g.matrix("embed", model.embed)
    x = g.Gather(embed, "input_ids")
    for i, b in enumerate(model.blocks):
        x = block(g, i, b, x, bias, cos, sin)
    h = rms_norm(g, x, "norm", model.norm)
    g.MatMul(h, g.Transpose(embed, perm=[1, 0]), named="logits")

    def tensor(name, kind, *dims):
        return helper.make_tensor_value_info(name, kind, dims)

    def cache(prefix, length):
        return [
            tensor(f"{prefix}.{i}.{part}", TensorProto.FLOAT, "B", s.kv_heads, length, s.head_dim)
            for i in range(s.layers)
            for part in ("key", "value")
        ]

    inputs = [
        tensor("input_ids", TensorProto.INT64, "B", "S"),
        tensor("attention_mask", TensorProto.INT64, "B", "T"),
        tensor("position_ids", TensorProto.INT64, "B", "S"),
    ]
    graph = helper.make_graph(
        g.nodes,
        "llama",
        inputs + cache("past_key_values", "P"),
        [tensor("logits", TensorProto.FLOAT, "B", "S", s.vocab)] + cache("present", "T"),
        list(g.constants.values()),
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(built, full_check=True)
    return built


def config(s):
    """config.json as Hugging Face's LlamaConfig writes it."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": s.vocab,
        "hidden_size": s.dim,
        "intermediate_size": s.hidden,
        "num_hidden_layers": s.layers,
        "num_attention_heads": s.heads,
        "num_key_value_heads": s.kv_heads,
        "head_dim": s.head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": s.context,
        "rope_theta": s.theta,
        "rms_norm_eps": s.eps,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 0,
        "torch_dtype": "float32",
        "use_cache": True,
    }


GENERATION = {
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
    "do_sample": True,
    "temperature": 1.0,
    "top_k": 0,
    "max_length": 512,
}


def load(checkpoint):
    """The model of a checkpoint that train.py wrote."""
    state = torch.load(checkpoint, weights_only=False)
    model = Llama(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval()


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--checkpoint", type=Path, required=True)
    args.add_argument("--out", type=Path, default=MODEL)
    args = args.parse_args()
    model = load(args.checkpoint)
    built = build(model)
    (args.out / "onnx").mkdir(parents=True, exist_ok=True)
    onnx.save(built, args.out / "onnx" / "model.onnx")
    for name, value in {"config.json": config(model.shape), "generation_config.json": GENERATION}.items():
        (args.out / name).write_text(json.dumps(value, indent=2) + "\n")
    print(f"{len(built.graph.node)} nodes, {built.ByteSize()} bytes")


if __name__ == "__main__":
    main()
