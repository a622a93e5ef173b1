"""Why there is no trade, worked out from conditions read on every bar.

Pure logic on truth and margin arrays: which conditions hold how often, how near each
came, which never hold together. What a change would give is asked of ``Retrial``,
which runs the changed strategy through the engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Protocol

import numpy as np

from foresto_lab.preflight.strategy.explanation import (
    ConditionShare,
    DroppedCondition,
    MovedThreshold,
    NearMiss,
    NeverTogether,
    Reason,
    Shortfall,
    ZeroTradeExplanation,
)
from foresto_lab.preflight.strategy.readings import (
    ConditionReading,
    bar_time,
    hold_together,
)
from foresto_lab.types import BoolArray1D, Int64Array1D

_MOST_CONDITIONS: Final = 60
"""Conditions looked at each; a strategy of thousands is told about by its first."""
_MOST_RETRIALS: Final = 12
_TWO_DIGITS: Final = 10
_STEPS: Final = 4
"""How many times a number is moved on when moving it once gave no trade yet."""


class Retrial(Protocol):
    """Counts the trades of a changed strategy on the same candles."""

    def without(self, path: str) -> int:
        """Return the trades with the condition at ``path`` left out."""

    def with_number(self, path: str, number: float) -> int:
        """Return the trades with the number of the comparison at ``path`` replaced."""


@dataclass(frozen=True, slots=True, eq=False)
class DryRunFacts:
    """What is known of a run without trades, beside its conditions."""

    open_times: Int64Array1D
    entries: BoolArray1D
    capital: Shortfall | None = None
    span: Shortfall | None = None
    shorts_refused: bool = False


def explain_zero_trades(
    readings: Sequence[ConditionReading],
    facts: DryRunFacts,
    retrial: Retrial | None = None,
) -> ZeroTradeExplanation:
    """Return why nothing was traded.

    Parameters
    ----------
    readings : sequence
        The entry's conditions, which must hold at once on each side; empty where
        they are not known (Python code).
    retrial : Retrial, optional
        What counts the trades of a changed strategy; without it nothing is suggested
        beyond what the arrays themselves show.
    """
    listed = list(readings)[:_MOST_CONDITIONS]
    pairs = tuple(pairs_never_together(listed))
    dropped: tuple[DroppedCondition, ...] = ()
    moved: tuple[MovedThreshold, ...] = ()
    if retrial is not None and not facts.entries.any():
        dropped = tuple(_try_dropping(listed, retrial))
        moved = tuple(_try_moving(listed, retrial))
    return ZeroTradeExplanation(
        reason=_reason(listed, facts, pairs),
        bars=len(facts.entries),
        entry_signals=int(facts.entries.sum()),
        conditions=tuple(condition_shares(listed, facts.open_times)),
        never_together=pairs,
        dropped=dropped,
        moved=moved,
        capital=facts.capital,
        span=facts.span,
    )


def _reason(
    readings: Sequence[ConditionReading],
    facts: DryRunFacts,
    pairs: Sequence[NeverTogether],
) -> Reason:
    if facts.entries.any():
        return _unfilled_reason(facts)
    if facts.span is not None and facts.span.missing > 0:
        return "span_too_short"
    if not readings:
        return "never_signalled"
    if any(not reading.truth.any() for reading in readings):
        return "condition_never_held"
    return "pair_never_together" if pairs else "never_all_together"


def _unfilled_reason(facts: DryRunFacts) -> Reason:
    if facts.capital is not None and facts.capital.missing > 0:
        return "capital_too_small"
    if not facts.entries[:-1].any():
        return "entries_too_late"
    return "shorts_not_allowed" if facts.shorts_refused else "never_filled"


# --- shares and near misses -------------------------------------------------------


def condition_shares(
    readings: Sequence[ConditionReading], open_times: Int64Array1D
) -> Iterator[ConditionShare]:
    """Yield each condition, and those within it, with how often it held."""
    for place, reading in enumerate(readings):
        others = _others(readings, place)
        for depth, inner in reading.walk():
            known = inner.known
            yield ConditionShare(
                path=inner.path,
                text=inner.text,
                side=inner.side,
                depth=depth,
                held_bars=int(inner.truth.sum()),
                known_bars=int(known.sum()),
                operator=inner.operator,
                left_name=inner.left_name,
                right_name=inner.right_name,
                nearest=near_miss(inner, others if depth == 0 else None, open_times),
            )


def _others(readings: Sequence[ConditionReading], place: int) -> BoolArray1D | None:
    """Return where all the other conditions of the same side hold."""
    own = readings[place]
    others = [r for r in readings if r is not own and r.side == own.side]
    return hold_together(others) if others else None


def near_miss(
    reading: ConditionReading,
    others: BoolArray1D | None,
    open_times: Int64Array1D,
) -> NearMiss | None:
    """Return the bar on which a condition that failed came nearest to holding.

    Bars on which all the others held come first: there, this one alone stood against
    the trade.
    """
    if reading.margin is None or reading.left is None or reading.right is None:
        return None
    failed = np.isfinite(reading.margin) & ~reading.truth
    alone = failed & others if others is not None else failed
    others_held = bool(alone.any()) and others is not None
    bars = np.flatnonzero(alone if alone.any() else failed)
    if not len(bars):
        return None
    bar = int(bars[np.argmax(reading.margin[bars])])
    shown = bar if reading.value_bars is None else int(reading.value_bars[bar])
    return NearMiss(
        bar=shown,
        time=bar_time(int(open_times[shown])),
        left=float(reading.left[bar]),
        right=float(reading.right[bar]),
        distance=float(max(-reading.margin[bar], 0.0)),
        others_held=others_held,
    )


def pairs_never_together(
    readings: Sequence[ConditionReading],
) -> Iterator[NeverTogether]:
    """Yield the pairs of one side that each hold on some bars, but on none both."""
    for first, second in combinations(readings, 2):
        if first.side != second.side:
            continue
        if not (first.truth.any() and second.truth.any()):
            continue
        if not (first.truth & second.truth).any():
            yield NeverTogether(first.path, first.text, second.path, second.text)


# --- what a change would give -----------------------------------------------------


def _try_dropping(
    readings: Sequence[ConditionReading], retrial: Retrial
) -> Iterator[DroppedCondition]:
    """Yield each condition without which there would be trades, the most first."""
    found = []
    tried = 0
    for place, reading in enumerate(readings):
        others = _others(readings, place)
        if others is None or not others.any() or tried >= _MOST_RETRIALS:
            continue
        tried += 1
        trades = retrial.without(reading.path)
        if trades:
            found.append(DroppedCondition(reading.path, reading.text, trades))
    yield from sorted(found, key=lambda dropped: -dropped.trades)


def _try_moving(
    readings: Sequence[ConditionReading], retrial: Retrial
) -> Iterator[MovedThreshold]:
    """Yield, for each condition held against a number, the number that gives trades."""
    tried = 0
    for place, reading in enumerate(readings):
        others = _others(readings, place)
        if others is not None and not others.any():
            continue
        for number in _relaxed_numbers(reading, others):
            if tried >= _MOST_RETRIALS:
                return
            tried += 1
            trades = retrial.with_number(reading.path, number)
            if trades:
                before = reading.threshold
                assert before is not None
                yield MovedThreshold(reading.path, reading.text, before, number, trades)
                break


def _relaxed_numbers(
    reading: ConditionReading, others: BoolArray1D | None
) -> Iterator[float]:
    """Yield round numbers, ever farther, that would let the condition hold."""
    number = reading.threshold
    if number is None or reading.margin is None or reading.left is None:
        return
    failed = np.isfinite(reading.margin) & ~reading.truth
    alone = failed & others if others is not None else failed
    if not alone.any():
        return
    bars = np.flatnonzero(alone)
    bar = bars[np.argmax(reading.margin[bars])]
    distance = max(float(-reading.margin[bar]), 0.0)
    upward = _loosens_upward(reading, int(bar), number)
    yield from outward_steps(number, distance, upward=upward)


def _loosens_upward(reading: ConditionReading, bar: int, number: float) -> bool:
    """Return whether a greater number lets the comparison hold on this bar."""
    assert reading.left is not None
    if reading.operator in ("<", "<=", "falling"):
        return True
    if reading.operator in (">", ">=", "rising"):
        return False
    return bool(reading.left[bar] > number)


def outward_steps(number: float, distance: float, *, upward: bool) -> Iterator[float]:
    """Yield round numbers beyond ``number`` ± ``distance``, each a step farther on.

    A step is the power of ten below a fifth of the distance, and at least 1 where the
    number is a whole one of two digits: 31.4 against 30 gives 32, 33 …
    """
    scale = distance if distance > 0 else max(abs(number), 1.0) * 0.01
    exponent = math.floor(math.log10(scale / 5))
    if number.is_integer() and abs(number) >= _TWO_DIGITS:
        exponent = max(exponent, 0)
    step = 10.0**exponent
    digits = max(-exponent, 0)
    start = math.floor(round((number + distance) / step, 9)) + 1
    if not upward:
        start = math.ceil(round((number - distance) / step, 9)) - 1
    for count in range(_STEPS):
        steps = start + count if upward else start - count
        yield round(steps * step, digits)
