"""The probability of backtest overfitting, as slowly and plainly as it is defined."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import mean, stdev
from typing import Any


def slow_overfitting(returns: list[list[float]], blocks: int) -> dict[str, Any]:
    """Return PBO and its parts; ``returns`` has a list of bars for each trial."""
    bars = len(returns[0])
    edges = [block * bars // blocks for block in range(blocks + 1)]
    logits, inside, outside = [], [], []
    for half in combinations(range(blocks), blocks // 2):
        other = [block for block in range(blocks) if block not in half]
        in_sample = [_sharpe(trial, half, edges) for trial in returns]
        out_of_sample = [_sharpe(trial, other, edges) for trial in returns]
        best = in_sample.index(max(in_sample))
        below = sum(value < out_of_sample[best] for value in out_of_sample)
        equal = sum(value == out_of_sample[best] for value in out_of_sample)
        share = (below + (equal + 1) / 2) / (len(returns) + 1)
        logits.append(math.log(share / (1 - share)))
        inside.append(in_sample[best])
        outside.append(out_of_sample[best])
    return {
        "probability": sum(logit <= 0 for logit in logits) / len(logits),
        "probability_of_loss": sum(value <= 0 for value in outside) / len(outside),
        "logits": logits,
        "in_sample": inside,
        "out_of_sample": outside,
    }


def _sharpe(trial: list[float], some: Any, edges: list[int]) -> float:
    values = [
        value for block in some for value in trial[edges[block] : edges[block + 1]]
    ]
    spread = stdev(values)
    return mean(values) / spread if spread > 0 else 0.0
