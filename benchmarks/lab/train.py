"""Trains the model on the training books: constant learning rate, then a linear decay to zero.

Fixed seed, fixed steps; resumes at the last checkpoint when started again. If time runs short, a
number n written into `<work>/DECAY` starts a decay of n steps at once, or hurries one under way;
the log then says which --steps and --decay-steps resume that run.

Works as processes of one thread that average their gradients once a step: on a shared machine,
two threads that wait for each other in every operation ran three times slower than this.
"""

import argparse
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from tokenizers import Tokenizer

from data import BOOKS, HELD_OUT, MODEL, TRAIN, token_stream
from model import Llama, Shape
from optimizer import optimizers

WINDOW = 512  # tokens a row
ROWS = 8  # rows a step
FROM_START = 0.25  # share of rows that begin with <|endoftext|> at the start of a paragraph


class Windows:
    """Every epoch cuts the stream at a new phase into rows of WINDOW tokens, in a new order.

    A batch is a pure function of (seed, step), so that a resumed run sees the same data.
    """

    def __init__(self, stream, paragraph_break, seed):
        self.stream, self.seed = stream, seed
        self.paragraphs = 1 + np.flatnonzero((stream[:-1] == paragraph_break) | (stream[:-1] == 0))
        self.per_epoch = (len(stream) // WINDOW - 3) // ROWS

    def batch(self, step, length):
        """(inputs, targets), each [ROWS * WINDOW / length, length]."""
        epoch, index = divmod(step, self.per_epoch)
        shuffle = np.random.default_rng([self.seed, epoch])
        phase = shuffle.integers(WINDOW)
        order = shuffle.permutation(self.per_epoch * ROWS)[index * ROWS : (index + 1) * ROWS]
        starts = (phase + order[:, None] * WINDOW + np.arange(0, WINDOW, length)).ravel()
        aligned = np.random.default_rng([self.seed, epoch, index]).random(len(starts)) < FROM_START
        rows = [self.row(start, length, snap) for start, snap in zip(starts, aligned)]
        rows = torch.from_numpy(np.stack(rows))
        return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()

    def row(self, start, length, snap):
        """`length` + 1 tokens from `start`, or <|endoftext|> and the next paragraph."""
        if not snap:
            return self.stream[start : start + length + 1]
        next_paragraph = np.searchsorted(self.paragraphs, start)
        start = self.paragraphs[next_paragraph] if next_paragraph < len(self.paragraphs) else start
        start = min(start, len(self.stream) - length)
        return np.concatenate([[0], self.stream[start : start + length]])


def learning_rate(step, steps, decay_steps, warmup=50):
    """Factor in (0, 1]: short warm-up, constant, linear decay to zero at `steps`."""
    return min(1.0, (step + 1) / warmup, (steps - step) / decay_steps)


@torch.no_grad()
def held_out_loss(model, stream, rows=32):
    """Mean nats per token over `rows` windows spread over the kept-out books."""
    starts = np.linspace(0, len(stream) - WINDOW - 2, rows).astype(int)
    losses = []
    for start in starts:
        row = torch.from_numpy(stream[start : start + WINDOW + 1])[None]
        losses.append(F.cross_entropy(model(row[:, :-1])[0], row[0, 1:]).item())
    return float(np.mean(losses))


def save(path, state):
    """Writes a checkpoint whole or not at all."""
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").rename(path)


def set_rates(opts, peaks, factor):
    """Scales every parameter group's learning rate to `factor` of its peak."""
    for opt, rates in zip(opts, peaks):
        for group, rate in zip(opt.param_groups, rates):
            group["lr"] = rate * factor


def average(model, *numbers):
    """Averages gradients over the workers, in place, and sums `numbers`; returns the sums."""
    gradients = [p.grad for p in model.parameters()]
    sums = torch.tensor(numbers, dtype=torch.float32)
    flat = torch.cat([g.flatten() for g in gradients] + [sums])
    dist.all_reduce(flat)
    flat[: -len(numbers)] /= dist.get_world_size()
    for g, mean in zip(gradients, flat.split([g.numel() for g in gradients] + [len(numbers)])):
        g.copy_(mean.view_as(g))
    return flat[-len(numbers) :].tolist()


def train(rank, args, meeting):
    """One worker: one thread, its share of every batch, the same weights as the others."""
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=args.workers)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    stream = token_stream(tokenizer, TRAIN, args.data)
    unseen = token_stream(tokenizer, HELD_OUT, args.data)
    windows = Windows(stream, tokenizer.token_to_id("ĊĊ"), args.seed)
    model = Llama(Shape())
    opts = optimizers(model, args.muon_lr, args.adam_lr, args.weight_decay)
    peaks = [[group["lr"] for group in opt.param_groups] for opt in opts]
    recipe = {k: v for k, v in vars(args).items() if isinstance(v, (int, float))}
    recipe |= {"tokens_per_step": ROWS * WINDOW, "tokens_per_epoch": len(stream)}
    first, checkpoint = 0, args.work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        for opt, saved in zip(opts, state["opts"]):
            opt.load_state_dict(saved)
        first = state["step"]
    loss_of = torch.compile(
        lambda x, y: F.cross_entropy(model(x).flatten(0, 1), y.flatten()), dynamic=False
    )

    def log(line):
        if rank == 0:
            print(line, flush=True)

    log(f"from step {first}: {recipe}")
    clock, running, step = time.time(), [], first
    while step < recipe["steps"]:
        factor = learning_rate(step, recipe["steps"], recipe["decay_steps"])
        set_rates(opts, peaks, factor)
        x, y = windows.batch(step, WINDOW // 2 if step < args.short else WINDOW)
        loss = loss_of(x[rank :: args.workers], y[rank :: args.workers])
        loss.backward()
        total, decay = average(model, loss.item(), requested_decay(args.work) if rank == 0 else 0)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=False)
        running.append(total / args.workers)
        step += 1
        if decay:
            recipe |= {"steps": step + int(decay), "decay_steps": round(decay / factor)}
            log(f"decay begins: --steps {recipe['steps']} --decay-steps {recipe['decay_steps']}")
        last = step == recipe["steps"]
        if step % 20 == 0 or last:
            rate = ROWS * WINDOW * len(running) / (time.time() - clock)
            log(f"{step} loss {np.mean(running):.4f} lr {factor:.3f} {rate:.0f} tokens/s")
            clock, running = time.time(), []
        if rank == 0 and (step % 100 == 0 or last):
            state = {"model": model.state_dict(), "opts": [opt.state_dict() for opt in opts]}
            save(checkpoint, state | {"step": step, "recipe": recipe, "shape": asdict(model.shape)})
        if rank == 0 and (step % 200 == 0 or last):
            log(f"{step} held-out {held_out_loss(model, unseen):.4f}")


def requested_decay(work):
    """The number in the flag file, once; else 0."""
    flag = work / "DECAY"
    if not flag.exists():
        return 0
    return int(flag.rename(work / "DECAY.taken").read_text())


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--data", type=Path, default=BOOKS)
    args.add_argument("--model", type=Path, default=MODEL, help="folder with tokenizer.json")
    args.add_argument("--work", type=Path, required=True, help="checkpoints and flag file")
    args.add_argument("--steps", type=int, default=2350)
    args.add_argument("--decay-steps", type=int, default=1050)
    args.add_argument("--short", type=int, default=1800, help="steps with half-length rows, first")
    args.add_argument("--muon-lr", type=float, default=0.02)
    args.add_argument("--adam-lr", type=float, default=0.005)
    args.add_argument("--weight-decay", type=float, default=0.1)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--workers", type=int, default=2, help="processes of one thread each; divides 8")
    args = args.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(train, (args, f"{folder}/meeting"), nprocs=args.workers)


if __name__ == "__main__":
    main()
