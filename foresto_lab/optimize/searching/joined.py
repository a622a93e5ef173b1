"""Figures of several batches as those of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foresto_lab.optimize.evaluation import Evaluations


def joined_evaluations(told: Sequence[Evaluations]) -> Evaluations:
    """Return evaluations as one; block sums only if all have them."""
    sums = [each.block_sums for each in told if each.block_sums is not None]
    whole = len(sums) == len(told)
    return Evaluations(
        told[0].names,
        np.concatenate([each.figures for each in told]),
        np.concatenate(sums) if whole else None,
        told[0].block_lengths if whole else None,
    )
