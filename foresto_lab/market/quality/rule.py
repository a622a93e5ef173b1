"""What a quality rule is: which rows break it, and how to say so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from foresto_lab.findings import Finding
from foresto_lab.market.quality.rows import DailyRows, Places
from foresto_lab.types import Severity

SAMPLES = 5
SYMBOLS_NAMED = 20


class QualityRule(ABC):
    """One rule over daily prices: it finds rows, and changes none.

    A subclass declares what it is, finds the places of the rows that break it, and
    states in ``message`` what was found with its bound. ``description`` says why it
    matters; ``fix`` what to do next.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    severity: ClassVar[Severity]
    fix: ClassVar[str] = ""

    @abstractmethod
    def places(self, rows: DailyRows) -> Places:
        """Return the places of the rows that break the rule, ascending."""

    @abstractmethod
    def message(self, rows: DailyRows, places: Places, count: int) -> str:
        """Return what was found, in one sentence."""

    def amounts(self, rows: DailyRows, places: Places) -> npt.NDArray[np.int64] | None:
        """Return what each place counts for; None where each counts for one."""
        return None

    def sample(self, rows: DailyRows, place: int) -> str:
        """Return one of the rows, ready to read."""
        return f"{rows.symbol(place)} {rows.date(place)}"

    def remedy(self, rows: DailyRows, places: Places) -> str:
        """Return what to do next, about these rows."""
        return self.fix

    def details(self, rows: DailyRows, places: Places) -> Mapping[str, Any]:
        """Return the facts behind the message, by name."""
        return {}

    def check(self, rows: DailyRows) -> Finding | None:
        """Return what breaks the rule as one finding, None where nothing does."""
        places = self.places(rows)
        if not len(places):
            return None
        amounts = self.amounts(rows, places)
        count = len(places) if amounts is None else int(amounts.sum())
        by_symbol = _counts_by_symbol(rows, places, amounts)
        named = list(by_symbol)
        return Finding(
            code=self.code,
            severity=self.severity,
            message=self.message(rows, places, count),
            where=named[0] if len(named) == 1 else f"{len(named)} symbols",
            fix=self.remedy(rows, places),
            count=count,
            samples=tuple(
                self.sample(rows, int(place)) for place in _spread(rows, places)
            ),
            details={
                **self.details(rows, places),
                "symbol_count": len(named),
                "by_symbol": dict(list(by_symbol.items())[:SYMBOLS_NAMED]),
            },
        )


def tally(what: str, count: int, total: int) -> str:
    """Return a count as a sentence, with the share where it is one in a hundred."""
    share = f" ({count / total:.1%})" if count >= 0.01 * total else ""
    return f"{what}: {count:,} of {total:,}{share}."


def values_at(rows: DailyRows, place: int, *names: str) -> str:
    """Return a row with some of its values: ``005930 2018-04-30 high=1 low=2``."""
    shown = " ".join(f"{name}={rows.values[name][place]:.10g}" for name in names)
    return f"{rows.symbol(place)} {rows.date(place)} {shown}"


def _counts_by_symbol(
    rows: DailyRows, places: Places, amounts: npt.NDArray[np.int64] | None
) -> dict[str, int]:
    """Return the count of each symbol that has any, largest first."""
    counts = np.bincount(rows.codes[places], weights=amounts)
    order = np.argsort(-counts, kind="stable")
    return {
        str(rows.symbols[code]): int(counts[code]) for code in order if counts[code]
    }


def _spread(rows: DailyRows, places: Places) -> Places:
    """Return a few places: the first of each symbol, then others in order."""
    _, firsts = np.unique(rows.codes[places[:10_000]], return_index=True)
    chosen = list(np.sort(firsts)[:SAMPLES])
    chosen += [i for i in range(min(len(places), 2 * SAMPLES)) if i not in chosen]
    spread: Places = places[np.sort(chosen[:SAMPLES])]
    return spread
