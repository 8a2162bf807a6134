"""The students, most wanted first. Shares are of the training documents; what no teacher wrote is human text.

To train fewer students, one learns from several teachers at once, each with a key, openings and a share of its own. Tested
for one key, the text of the others is text without that key.
"""

CENTRAL = ("g4-d2-w1", "gumbel-w1", "g4-d2-w2", "gumbel-w2", "g4-d3-w1", "tournament-w1")
WIDER = ("g2-d2-w1", "g4-d1-w2", "g4-d3-w2", "g2-d2-w2", "g4-d2-w4", "gumbel-w4", "tournament-w2", "tournament-w4")
LAUNDERED = ("gumbel-w1", "gumbel-w2", "g4-d2-w1")
USUAL = {"size": "small", "from": "base", "documents": 1952, "epochs": 4}


def cell(name, seed, mix, **rest):
    return {"id": f"{name}-{seed}", "seed": seed, **USUAL, "mix": mix} | rest


def shared(share, marks=CENTRAL):
    return {mark: share for mark in marks}


CELLS = [
    cell("s5", 1, shared(0.05)),
    cell("s0", 1, {}, **{"as": shared(0.05)}, asks=["open", "cool", "cold", "unseen", "canaries"]),
    cell("cohort", 1, {"g4-d2-w2#13577": 0.2}),
    cell("account", 1, {"g4-d3-w1#13577": 0.2}, asks=["open", "cool", "cold", "unseen", "cool unseen"]),
    cell("canary", 1, {"canary": 0.1}, asks=["canaries", "unseen"]),
    cell("s50", 1, {"g4-d2-w1": 0.5, "gumbel-w1": 0.5}),
    # Small pools draw first.
    cell("s10", 1, shared(0.10, CENTRAL[::-1])),
    cell("s1", 1, shared(0.01)),
    cell("words5", 1, shared(0.05, LAUNDERED), launder="words", pool=100),
    cell("bpe20", 1, {"gumbel-w1": 0.2, "g4-d2-w1": 0.2}, **{"from": "scratch"}, vocab=2048),
    cell("s5", 2, shared(0.05)),
    cell("s0", 2, {}, **{"as": shared(0.05)}),
    cell("s5", 3, shared(0.05)),
    cell("s0", 3, {}, **{"as": shared(0.05)}),
    cell("account10", 1, {"g4-d3-w1#13577": 0.1}, asks=["open", "cool", "cold", "unseen", "cool unseen"]),
    cell("wide5", 1, shared(0.05, WIDER), pool=100),
    cell("large5", 1, shared(0.05), **{"from": "scratch", "size": "large"}),
    cell("again5", 1, shared(0.05, LAUNDERED), launder="again", pool=100),
    cell("accounts5", 1, {"gumbel-w1#13577": 0.05}, asks=["open", "cool", "cold", "unseen", "cool unseen"]),
    cell("accounts10", 1, {"gumbel-w1#13577": 0.1}, asks=["open", "cool", "cold", "unseen", "cool unseen"]),
    cell("scratch5", 1, shared(0.05), **{"from": "scratch"}),
    cell("s100", 1, {"g4-d2-w2": 1.0}),
    cell("s10", 2, shared(0.10, CENTRAL[::-1])),
    cell("s10", 3, shared(0.10, CENTRAL[::-1])),
]
