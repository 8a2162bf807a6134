"""The field's own Python packages behind one pipe: requests come as JSON lines, answers leave as JSON lines.

run.ts starts this, so that it and Node can take turns within one run. Every peer is imported on its own: one that is
not installed is reported as absent, and the others run. Nothing of a peer is changed; where it works in place on the
scores it is given a copy, as the others make one themselves.
"""

import importlib.metadata
import json
import os
import sys
import time
import types
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch

VOCAB = 131_072
GAMMA, DELTA, KEY = 0.25, 2.0, 15_485_863
SYNTHID_KEYS = [654, 400, 836, 123, 340, 443, 597, 160, 57, 29, 590, 639, 13, 715, 468, 990, 966, 226, 324, 585, 118,
                504, 421, 521, 129, 669, 732, 225, 90, 960]


@dataclass
class Case:
    """`run(i)` does the i-th call: one step for `task` `.../step`, one text for `.../detect`."""

    peer: str
    task: str
    name: str
    run: Callable[[int], object]


@dataclass
class Check:
    """The peer's p-values of a text that it marked itself and of a plain one."""

    peer: str
    name: str
    tokens: int
    marked: float
    plain: float


class Inputs:
    """What both sides are given: a row of logits, and texts as token ids."""

    def __init__(self, folder: str):
        self.logits = torch.from_numpy(np.fromfile(f"{folder}/logits.f32", dtype="<f4"))
        texts = json.load(open(f"{folder}/texts.json"))
        self.texts = [torch.tensor([text]) for text in texts]
        self.row = self.logits[None]
        self.rows = self.logits[None].repeat(8, 1)
        self.contexts = [text[:, i : i + 8] for text in self.texts for i in range(0, 64, 8)]
        self.contexts8 = [torch.cat([self.contexts[(i + b) % len(self.contexts)] for b in range(8)]) for i in range(64)]

    def context(self, i: int) -> torch.Tensor:
        return self.contexts[i % len(self.contexts)]

    def context8(self, i: int) -> torch.Tensor:
        return self.contexts8[i % len(self.contexts8)]

    def text(self, i: int) -> torch.Tensor:
        return self.texts[i % len(self.texts)]

    def write(self, step: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], tokens: int) -> torch.Tensor:
        """A text under the mark: the row, shifted at every step, marked, and drawn from. `step` may return a token."""
        generator = torch.Generator().manual_seed(1)
        ids = self.texts[0][:, :8]
        for position in range(tokens):
            scores = self.row.roll(977 * position, 1)
            marked = step(ids, scores)
            if marked.numel() > 1:
                marked = torch.multinomial(torch.softmax(marked, 1), 1, generator=generator)
            ids = torch.cat([ids, marked.reshape(1, 1)], 1)
        return ids[:, 8:]


def transformers_greenlist(inputs: Inputs):
    from transformers import PreTrainedConfig, WatermarkDetector
    from transformers.generation.logits_process import WatermarkLogitsProcessor

    def settings(scheme: str):
        return {"greenlist_ratio": GAMMA, "bias": DELTA, "hashing_key": KEY, "seeding_scheme": scheme, "context_width": 1}

    left, own = (WatermarkLogitsProcessor(VOCAB, "cpu", **settings(scheme)) for scheme in ("lefthash", "selfhash"))
    model = PreTrainedConfig(vocab_size=VOCAB)
    model.bos_token_id = -1
    detector = WatermarkDetector(model, "cpu", settings("lefthash"))
    peer = "transformers"
    cases = [
        Case(peer, "greenlist/step", "lefthash", lambda i: left(inputs.context(i), inputs.row)),
        Case(peer, "greenlist/step", "selfhash (40 candidates)", lambda i: own(inputs.context(i), inputs.row)),
        Case(peer, "greenlist/step8", "lefthash", lambda i: left(inputs.context8(i), inputs.rows)),
        Case(peer, "greenlist/detect", "lefthash", lambda i: detector(inputs.text(i), return_dict=True)),
    ]

    def check():
        marked = inputs.write(left, 200)
        p = lambda ids: float(detector(ids, return_dict=True).p_value[0])
        return [Check(peer, "green list, lefthash", 200, p(marked), p(inputs.texts[0]))]

    return cases, check


def transformers_synthid(inputs: Inputs):
    from transformers.generation.logits_process import SynthIDTextWatermarkLogitsProcessor

    settings = dict(ngram_len=5, keys=SYNTHID_KEYS, sampling_table_size=2**16, sampling_table_seed=0,
                    context_history_size=1024, device=torch.device("cpu"))
    processor = SynthIDTextWatermarkLogitsProcessor(**settings)
    writer = SynthIDTextWatermarkLogitsProcessor(**settings)

    def mean(ids: torch.Tensor) -> tuple[float, int]:
        mask = processor.compute_context_repetition_mask(ids)
        g = processor.compute_g_values(ids)
        n = int(mask.sum()) * len(SYNTHID_KEYS)
        return float((g * mask[:, :, None]).sum() / n), n

    peer = "transformers"
    cases = [
        Case(peer, "tournament/step", "SynthID, 30 keys", lambda i: processor(inputs.context(i), inputs.row)),
        Case(peer, "tournament/detect", "SynthID, mean score", lambda i: mean(inputs.text(i))),
    ]

    def check():
        marked = inputs.write(writer, 40)
        return [Check(peer, "SynthID, 30 keys", 40, coin_p(*mean(marked)), coin_p(*mean(inputs.texts[0])))]

    return cases, check


def sbw(inputs: Inputs):
    from sbw.batch import WatermarkBatch
    from sbw.detector import WatermarkDetector

    cpu = torch.device("cpu")
    vocab = [0] * VOCAB
    left, fused, own = (
        WatermarkBatch(vocab, GAMMA, DELTA, scheme, KEY, cpu)
        for scheme in ("gpu-simple_1", "gpu-fused-simple_4-fullvocab", "gpu-fused-selfhash-fullvocab")
    )
    tokenizer = types.SimpleNamespace(bos_token_id=None)
    detector = WatermarkDetector(cpu, tokenizer, vocab, GAMMA, DELTA, "gpu-simple_1", KEY, normalizers=[])
    peer = "sbw"
    cases = [
        Case(peer, "greenlist/step", "simple_1", lambda i: left.apply_watermark_fused(inputs.context(i)[:, -1:], inputs.row)),
        Case(peer, "greenlist/step", "fused simple_4, all words",
             lambda i: fused.apply_watermark_simple_fused(inputs.context(i)[:, -4:], inputs.row.clone())),
        Case(peer, "greenlist/step", "fused simple_4, 40 words",
             lambda i: fused.apply_watermark_topk(inputs.context(i)[:, -4:], inputs.row.clone(), num_candidates=40)),
        Case(peer, "greenlist/step", "fused selfhash, its default",
             lambda i: own.apply_watermark_selfsalt_fused(inputs.context(i)[:, -4:], inputs.row.clone())),
        Case(peer, "greenlist/step8", "simple_1", lambda i: left.apply_watermark_fused(inputs.context8(i)[:, -1:], inputs.rows)),
        Case(peer, "greenlist/detect", "simple_1", lambda i: detector.detect(tokenized_text=inputs.text(i)[0])),
    ]

    def check():
        marked = inputs.write(lambda ids, scores: left.apply_watermark_fused(ids[:, -1:], scores), 200)
        p = lambda ids: float(detector.detect(tokenized_text=ids[0])["p_value"])
        return [Check(peer, "green list, simple_1", 200, p(marked), p(inputs.texts[0]))]

    return cases, check


def markllm(inputs: Inputs):
    from math import log

    import scipy.stats
    from markllm.utils.transformers_config import TransformersConfig
    from markllm.watermark.exp.exp import EXP
    from markllm.watermark.kgw.kgw import KGW

    folder = importlib.metadata.distribution("markllm").locate_file("markllm/config")
    model = TransformersConfig(None, None, vocab_size=VOCAB, device="cpu")
    kgw, exp = KGW(f"{folder}/KGW.json", model), EXP(f"{folder}/EXP.json", model)
    kgw.config.gamma = GAMMA

    def gumbel_step(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        # The body of EXP.generate_watermarked_text without the model.
        probs = torch.softmax(scores, -1)
        exp.utils.seed_rng(ids[0])
        return exp.utils.exp_sampling(probs, torch.rand(VOCAB, generator=exp.utils.rng)[None])

    def gumbel_p(ids: torch.Tensor) -> float:
        # The body of EXP.detect_watermark without the tokenizer.
        tokens, width, total = ids[0].numpy(), exp.config.prefix_length, 0.0
        for i in range(width, len(tokens)):
            exp.utils.seed_rng(tokens[:i])
            total += log(1 / (1 - torch.rand(VOCAB, generator=exp.utils.rng)[tokens[i]]))
        return float(scipy.stats.gamma.sf(total, len(tokens) - width))

    peer = "markllm"
    cases = [
        Case(peer, "greenlist/step", "KGW, left", lambda i: kgw.logits_processor(inputs.context(i), inputs.row.clone())),
        Case(peer, "greenlist/step8", "KGW, left", lambda i: kgw.logits_processor(inputs.context8(i), inputs.rows.clone())),
        Case(peer, "greenlist/detect", "KGW, left", lambda i: kgw.utils.score_sequence(inputs.text(i)[0])),
        Case(peer, "gumbel/step", "EXP", lambda i: gumbel_step(inputs.context(i), inputs.row)),
        Case(peer, "gumbel/detect", "EXP", lambda i: gumbel_p(inputs.text(i))),
    ]

    def check():
        marked = inputs.write(kgw.logits_processor, 200)
        p = lambda ids: float(scipy.stats.norm.sf(kgw.utils.score_sequence(ids[0])[0]))
        drawn = inputs.write(gumbel_step, 100)
        return [
            Check(peer, "green list, KGW", 200, p(marked), p(inputs.texts[0])),
            Check(peer, "Gumbel, EXP", 100, gumbel_p(drawn), gumbel_p(inputs.texts[0])),
        ]

    return cases, check


def synthid_text(inputs: Inputs):
    from synthid_text.logits_processing import SynthIDLogitsProcessor

    settings = dict(ngram_len=5, keys=SYNTHID_KEYS, sampling_table_size=2**16, sampling_table_seed=0,
                    context_history_size=1024, temperature=1.0, top_k=50, device=torch.device("cpu"))
    processor, writer = SynthIDLogitsProcessor(**settings), SynthIDLogitsProcessor(**settings)

    def mean(ids: torch.Tensor) -> tuple[float, int]:
        # detector_mean.mean_score in torch: the package's own needs JAX.
        mask = processor.compute_context_repetition_mask(ids)
        g = processor.compute_g_values(ids)
        n = int(mask.sum()) * len(SYNTHID_KEYS)
        return float((g * mask[:, :, None]).sum() / n), n

    def step(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        updated, tokens, _ = writer.watermarked_call(ids, scores)
        return tokens.gather(1, torch.multinomial(torch.softmax(updated, 1), 1))

    peer = "synthid-text"
    cases = [
        Case(peer, "tournament/step50", "top-k 50, 30 keys", lambda i: processor.watermarked_call(inputs.context(i), inputs.row)),
        Case(peer, "tournament/detect", "mean score", lambda i: mean(inputs.text(i))),
    ]

    def check():
        torch.manual_seed(1)
        marked = inputs.write(step, 100)
        return [Check(peer, "SynthID, 30 keys", 100, coin_p(*mean(marked)), coin_p(*mean(inputs.texts[0])))]

    return cases, check


def textseal(inputs: Inputs):
    # The packages' own __init__ files import a sentence encoder that no mark needs.
    bare_package("textseal")
    bare_package("textseal.posthoc")
    from textseal.common.watermark.core import WatermarkConfig
    from textseal.posthoc.detector import GreenlistDetector, GumbelmaxDetector, SynthidDetector
    from textseal.posthoc.generator import GreenlistGenerator, GumbelmaxGenerator, SynthidGenerator

    config = types.SimpleNamespace(pad_token_id=0, eos_token_id=0, _name_or_path="", vocab_size=VOCAB)
    model = types.SimpleNamespace(config=config)
    tokenizer = types.SimpleNamespace(encode=lambda ids, **_: ids, vocab_size=VOCAB)

    def mark(method: str, width: int, gamma: float):
        return WatermarkConfig(method=method, ngram=width, secret_key=KEY, gamma=gamma, delta=DELTA, depth=30)

    green, uniform, coins = mark("binary", 1, GAMMA), mark("uniform", 4, 0.5), mark("binary", 4, 0.5)
    greenlist = GreenlistGenerator(model, tokenizer, green)
    gumbel = GumbelmaxGenerator(model, tokenizer, uniform)
    tournament = SynthidGenerator(model, tokenizer, coins)
    detectors = {
        "greenlist": GreenlistDetector(tokenizer, green),
        "gumbel": GumbelmaxDetector(tokenizer, uniform),
        "tournament": SynthidDetector(tokenizer, coins),
    }

    def p(scheme: str, ids: torch.Tensor) -> float:
        detector = detectors[scheme]
        scores = detector.get_scores_by_t([ids[0].tolist()], scoring_method="v2", seen_windows=set())
        return float(detector.get_pvalues(scores)[0])

    peer = "textseal"
    drawn = dict(temperature=1.0, top_p=0.95)
    cases = [
        Case(peer, "greenlist/step", "green list",
             lambda i: greenlist.logits_processor(inputs.row.clone(), inputs.context(i)[:, -1:])),
        Case(peer, "greenlist/step8", "green list",
             lambda i: greenlist.logits_processor(inputs.rows.clone(), inputs.context8(i)[:, -1:])),
        Case(peer, "gumbel/step95", "Gumbel-max, top-p 0.95", lambda i: gumbel.sample_next(inputs.row, inputs.context(i)[:, -4:], **drawn)),
        Case(peer, "tournament/step95", "SynthID, top-p 0.95, 30 layers",
             lambda i: tournament.sample_next(inputs.row, inputs.context(i)[:, -4:], **drawn)),
        Case(peer, "greenlist/detect", "green list", lambda i: p("greenlist", inputs.text(i))),
        Case(peer, "gumbel/detect", "Gumbel-max", lambda i: p("gumbel", inputs.text(i))),
        Case(peer, "tournament/detect", "SynthID, 30 layers", lambda i: p("tournament", inputs.text(i))),
    ]

    def check():
        torch.manual_seed(1)
        texts = {
            "greenlist": inputs.write(lambda ids, scores: greenlist.logits_processor(scores, ids[:, -1:]), 200),
            "gumbel": inputs.write(lambda ids, scores: gumbel.sample_next(scores, ids[:, -4:], **drawn), 100),
            "tournament": inputs.write(lambda ids, scores: tournament.sample_next(scores, ids[:, -4:], **drawn), 100),
        }
        return [Check(peer, scheme, ids.shape[1], p(scheme, ids), p(scheme, inputs.texts[0])) for scheme, ids in texts.items()]

    return cases, check


def coin_p(mean: float, n: int) -> float:
    """The upper tail of the mean of n fair coins, by the normal law."""
    return 0.5 * float(torch.special.erfc(torch.tensor((mean - 0.5) * 2 * n**0.5 / 2**0.5, dtype=torch.float64)))


def bare_package(name: str) -> None:
    """Makes a package importable without running its __init__."""
    distribution = importlib.metadata.distribution(name.split(".")[0])
    module = types.ModuleType(name)
    module.__path__ = [str(distribution.locate_file(name.replace(".", "/")))]
    sys.modules[name] = module


PEERS = [transformers_greenlist, transformers_synthid, sbw, markllm, synthid_text, textseal]
VERSIONS = ["torch", "transformers", "sbw", "markllm", "synthid-text", "textseal"]


class Field:
    """Answers requests by name."""

    def open(self, folder: str):
        inputs = Inputs(folder)
        self.cases, self.checks, absent = [], [], []
        for peer in PEERS:
            try:
                cases, check = peer(inputs)
                self.cases += cases
                self.checks.append(check)
            except ImportError as error:
                absent.append({"peer": peer.__name__, "why": str(error)})
        versions = {"python": sys.version.split()[0]}
        for name in VERSIONS:
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                pass
        return {
            "cases": [{"peer": case.peer, "task": case.task, "name": case.name} for case in self.cases],
            "absent": absent,
            "versions": versions,
            "threads": torch.get_num_threads(),
        }

    def check(self):
        return [vars(check) for checks in self.checks for check in checks()]

    def threads(self, n: int):
        torch.set_num_threads(n)
        return torch.get_num_threads()

    def time(self, case: int, calls: int):
        run = self.cases[case].run
        start = time.perf_counter()
        for i in range(calls):
            run(i)
        return (time.perf_counter() - start) / calls


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What the packages print must not get among the answers.
    field = Field()
    with torch.no_grad():
        for line in sys.stdin:
            request = json.loads(line)
            answer = getattr(field, request.pop("do"))(**request)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
