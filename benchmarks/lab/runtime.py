"""The exported model in onnxruntime, with its key-value cache: what transformers.js does, in Python."""

from pathlib import Path

import numpy as np
import onnxruntime


class Session:
    """Calls model.onnx; `past` is what an earlier call returned as its second value."""

    def __init__(self, folder, threads=2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        path = str(Path(folder) / "onnx" / "model.onnx")
        self.ort = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.caches = [i for i in self.ort.get_inputs() if i.name.startswith("past_key_values.")]
        self.outputs = [o.name.replace("present", "past_key_values") for o in self.ort.get_outputs()]

    def empty(self, batch):
        return {c.name: np.zeros((batch, c.shape[1], 0, c.shape[3]), np.float32) for c in self.caches}

    def __call__(self, ids, mask=None, past=None):
        """(logits [B, S, vocab], cache) of ids [B, S]; mask [B, P + S] is 0 on left padding."""
        past = past or self.empty(len(ids))
        length = next(iter(past.values())).shape[2] + ids.shape[1]
        mask = np.ones((len(ids), length), np.int64) if mask is None else mask
        positions = np.maximum(mask.cumsum(axis=1) - 1, 0)[:, -ids.shape[1] :]
        feed = {"input_ids": ids, "attention_mask": mask, "position_ids": positions, **past}
        found = dict(zip(self.outputs, self.ort.run(None, feed)))
        return found.pop("logits"), found


def log_softmax(logits):
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def entropy(log_p):
    """Nats of each distribution."""
    return -(np.exp(log_p) * log_p).sum(axis=-1)


def sample(session, prompts, tokens, seed):
    """Continues equally long prompts [B, n] by `tokens` at temperature 1: (ids [B, tokens], entropies [B, tokens])."""
    random = np.random.default_rng(seed)
    logits, past = session(prompts)
    ids, nats = [], []
    for _ in range(tokens):
        log_p = log_softmax(logits[:, -1])
        nats.append(entropy(log_p))
        ids.append(np.argmax(log_p + random.gumbel(size=log_p.shape), axis=-1))
        logits, past = session(ids[-1][:, None], past=past)
    return np.stack(ids, axis=1), np.stack(nats, axis=1)
