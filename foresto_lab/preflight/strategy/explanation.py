"""Why a strategy would not trade: the facts, as data that shows itself.

What is computed is in :mod:`foresto_lab.preflight.strategy.zero_trades`; the sentences
are in :mod:`foresto_lab.labels`, their composition in ``wording`` and ``view``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Reason: TypeAlias = Literal[
    "span_too_short",
    "condition_never_held",
    "pair_never_together",
    "never_all_together",
    "never_signalled",
    "entries_too_late",
    "capital_too_small",
    "shorts_not_allowed",
    "never_filled",
]
"""What kept a strategy from trading, the first that applies in this order."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The bar on which a condition that failed came nearest to holding.

    ``distance`` is in the unit of what was compared and at least 0; 0 says that the
    edge was touched. ``others_held`` tells that on this bar all the other conditions
    of the entry did hold.
    """

    bar: int
    time: str
    left: float
    right: float
    distance: float
    others_held: bool


@dataclass(frozen=True, slots=True)
class ConditionShare:
    """On how many of the bars on which it could be judged a condition held."""

    path: str
    text: str
    side: str
    depth: int
    held_bars: int
    known_bars: int
    operator: str = ""
    left_name: str = ""
    right_name: str = ""
    nearest: NearMiss | None = None

    @property
    def share(self) -> float:
        """The share of the bars on which it could be judged; 0 when there is none."""
        return self.held_bars / self.known_bars if self.known_bars else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as plain JSON-ready values."""
        return {**asdict(self), "share": self.share}


@dataclass(frozen=True, slots=True)
class NeverTogether:
    """Two conditions that each hold on some bars, and on no bar both."""

    first_path: str
    first_text: str
    second_path: str
    second_text: str


@dataclass(frozen=True, slots=True)
class DroppedCondition:
    """How often it would trade without one of its conditions."""

    path: str
    text: str
    trades: int


@dataclass(frozen=True, slots=True)
class MovedThreshold:
    """How often it would trade with one number of a condition moved."""

    path: str
    text: str
    before: float
    after: float
    trades: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something there is too little of, with how much is required and available."""

    required: float
    available: float

    @property
    def missing(self) -> float:
        """How much more it takes."""
        return max(self.required - self.available, 0.0)


@dataclass(frozen=True, slots=True)
class ZeroTradeExplanation:
    """Why the dry run counted no trade, and what would make it trade.

    Parameters
    ----------
    reason : str
        The first of the reasons that applies, see ``Reason``.
    bars, entry_signals : int
        How many bars were looked at, and on how many of them an entry was signalled.
    conditions : tuple of ConditionShare
        Every entry condition with how often it held and its nearest miss.
    never_together, dropped, moved : tuples
        Pairs that exclude each other; what dropping one condition, or moving one
        number, would give, counted by the engine.
    capital, span : Shortfall, optional
        Money for one lot at the cheapest price, and candles.
    """

    reason: Reason
    bars: int
    entry_signals: int = 0
    conditions: tuple[ConditionShare, ...] = ()
    never_together: tuple[NeverTogether, ...] = ()
    dropped: tuple[DroppedCondition, ...] = ()
    moved: tuple[MovedThreshold, ...] = ()
    capital: Shortfall | None = None
    span: Shortfall | None = None

    def headline(self, language: str = "en") -> str:
        """Return why it would not trade, in one sentence."""
        from foresto_lab.preflight.strategy.wording import headline

        return headline(self, language)

    def suggestion(self, language: str = "en") -> str:
        """Return what to change, as concretely as the data allow; may be empty."""
        from foresto_lab.preflight.strategy.wording import suggestion

        return suggestion(self, language)

    def text(self, language: str = "en") -> str:
        """Return the whole explanation as lines of text."""
        from foresto_lab.preflight.strategy.wording import explanation_text

        return explanation_text(self, language)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain JSON-ready values."""
        facts = asdict(self)
        for row, condition in zip(facts["conditions"], self.conditions, strict=True):
            row["share"] = condition.share
        for name in ("capital", "span"):
            shortfall = getattr(self, name)
            if shortfall is not None:
                facts[name]["missing"] = shortfall.missing
        return {
            **facts,
            "headline": self.headline(),
            "suggestion": self.suggestion(),
        }

    def to_html(self, language: str = "en") -> str:
        """Return the explanation as HTML: a sentence, a table of conditions."""
        from foresto_lab.preflight.strategy.view import explanation_html

        return explanation_html(self, language)

    def __str__(self) -> str:
        """Return the explanation as lines of text."""
        return self.text()

    def _repr_html_(self) -> str:
        """Return the explanation for a notebook."""
        return self.to_html()
