"""Whether to believe a search's best trial: robust, doubtful or overfitted, and why.

The rule, in words a reader can check:

- **overfitted**: luck alone, over as many trials of as much variety, finds one that
  looks this good in more than 1 of 100 searches.
- **doubtful**: in more than 1 of 200; or luck is unlikely, but the best lost money,
  lost it on the bars after those it was chosen on, lost it on the part that was held
  out, or rests on one or two trades; or nothing can be said.
- **robust**: none of this.

Other statistics are told as remarks and decide nothing: the paper's deflated Sharpe
ratio and the probability of overfitting both hold a real edge against its finder, the
first because an edge widens the spread of the trials, the second because on a plateau
of equally good trials the best of one half is an average one of the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from html import escape
from types import MappingProxyType
from typing import Any, Final, Literal, Self, TypeAlias

from foresto_lab.labels import Language, label, percent

Level: TypeAlias = Literal["robust", "doubtful", "overfitted"]
LEVELS: Final[tuple[Level, ...]] = ("robust", "doubtful", "overfitted")
"""From the best to the worst."""
SURE_LUCK: Final = 0.01
"""Probability of luck above which the best is overfitted."""
UNSURE_LUCK: Final = 0.005
"""Probability of luck above which it is doubtful."""
FEWEST_TRADES: Final = 3
"""Closed trades below which nothing is robust."""
FEW_TRADES: Final = 20
"""Closed trades below which it is said how few they are."""
LIKELY_LOSS: Final = 0.5
"""Share of halves whose best must not lose in the other half."""
PLATEAU: Final = 0.5
"""Score above which the neighbours of the best stand with it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a verdict.

    Parameters
    ----------
    code : str
        Stable name, e.g. ``"LUCK_LIKELY"``.
    level : str
        The verdict that this reason alone would give.
    facts : mapping
        The numbers behind it, by name.
    decides : bool
        False for a remark: it is told, and the verdict does not follow from it.
    """

    code: str
    level: Level
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    decides: bool = True

    def text(self, language: Language = "ko") -> str:
        """Return the reason as a sentence."""
        told = {name: _told(name, value) for name, value in self.facts.items()}
        return label(f"verdict_{self.code.lower()}", language, **told)

    def to_dict(self) -> dict[str, Any]:
        """Return the reason as plain values."""
        return {
            "code": self.code,
            "level": self.level,
            "facts": {name: _plain(value) for name, value in self.facts.items()},
            "decides": self.decides,
            "text": self.text("en"),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the reason that ``to_dict`` described."""
        facts = {
            name: math.nan if value is None else value
            for name, value in given["facts"].items()
        }
        return cls(given["code"], given["level"], facts, given["decides"])

    def __reduce__(self) -> tuple[Any, ...]:
        """Let reasons cross process borders; a mapping proxy alone would not."""
        values = [getattr(self, item.name) for item in fields(self)]
        return (type(self), (*values[:2], dict(self.facts), values[3]))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to believe the best trial, and why. It shows itself in a notebook.

    Parameters
    ----------
    level : str
        ``robust``, ``doubtful`` or ``overfitted``.
    reasons : tuple of Reason
        Those that decide first, the gravest before the others; then remarks.
    """

    level: Level
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, reasons: list[Reason]) -> Self:
        """Return the verdict that follows from reasons: the worst that decides."""
        deciding = {reason.level for reason in reasons if reason.decides}
        level: Level = "robust" if deciding else "doubtful"
        for worse in LEVELS:
            level = worse if worse in deciding else level
        ordered = sorted(reasons, key=lambda r: (not r.decides, -LEVELS.index(r.level)))
        return cls(level, tuple(ordered))

    def word(self, language: Language = "ko") -> str:
        """Return the level as a word."""
        return label(f"verdict_{self.level}", language)

    def text(self, language: Language = "ko") -> str:
        """Return the verdict and its reasons as plain sentences."""
        sentences = [reason.text(language) for reason in self.reasons]
        return f"{self.word(language)}. {' '.join(sentences)}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values."""
        return {
            "level": self.level,
            "reasons": [reason.to_dict() for reason in self.reasons],
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the verdict that ``to_dict`` described."""
        reasons = tuple(Reason.from_dict(reason) for reason in given["reasons"])
        return cls(given["level"], reasons)

    def __str__(self) -> str:
        return self.text("en")

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li>{escape(reason.text('ko'))}</li>" for reason in self.reasons
        )
        return f"<div><b>{escape(self.word('ko'))}</b><ul>{items}</ul></div>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The numbers that a verdict is made of; NaN for what is not known.

    Parameters
    ----------
    luck : float
        Probability that luck found the best; see ``SelectionLuck``.
    trials : int
        Ever made.
    effective_trials : float
    sharpe : float
        The best trial's, a year.
    without_selection : float
        The best trial's probabilistic Sharpe ratio, as if it had been the only one.
    beta : float
        Its exposure to the market.
    trades : float
        It closed.
    promised, kept : float
        Annual Sharpe ratios of the walk over blocks, in and out of sample.
    loss : float
        Share of halves of the bars whose best trial lost in the other half.
    overfitting : float
        Share of halves whose best trial ranked low in the other half.
    plateau : float
    years, needed_years : float
        At hand; and those below which luck is expected to reach an annual Sharpe of 1.
    held_out : float
        Annual Sharpe ratio on the part of the bars that was never searched on.
    """

    luck: float = math.nan
    trials: int = 0
    effective_trials: float = math.nan
    sharpe: float = math.nan
    without_selection: float = math.nan
    beta: float = math.nan
    trades: float = math.nan
    promised: float = math.nan
    kept: float = math.nan
    loss: float = math.nan
    overfitting: float = math.nan
    plateau: float = math.nan
    years: float = math.nan
    needed_years: float = math.nan
    held_out: float = math.nan


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict that follows from the evidence."""
    reasons = [*_of_luck(evidence), *_of_loss(evidence), *_remarks(evidence)]
    return Verdict.of(reasons)


def cannot_judge(code: str, **facts: Any) -> Verdict:
    """Return the verdict where nothing can be said, with the reason why."""
    return Verdict("doubtful", (Reason(code, "doubtful", facts),))


def _of_luck(told: Evidence) -> list[Reason]:
    facts = {
        "probability": told.luck,
        "trials": told.trials,
        "effective": told.effective_trials,
    }
    if math.isnan(told.luck):
        return [Reason("LUCK_UNKNOWN", "doubtful")]
    if told.luck <= UNSURE_LUCK:
        return [Reason("LUCK_UNLIKELY", "robust", facts)]
    if told.trials == 1:
        return [Reason("ONE_TRIAL", "doubtful", facts)]
    if told.luck <= SURE_LUCK:
        return [Reason("LUCK_POSSIBLE", "doubtful", facts)]
    reasons = [Reason("LUCK_LIKELY", "overfitted", facts)]
    if told.without_selection >= 0.95 and not math.isnan(told.beta):
        reasons.append(Reason("MARKET_OR_LUCK", "overfitted", {"beta": told.beta}))
    return reasons


def _of_loss(told: Evidence) -> list[Reason]:
    reasons = []
    if told.sharpe <= 0.0:
        reasons.append(Reason("BEST_LOSES", "doubtful", {"sharpe": told.sharpe}))
    walk = {"promised": told.promised, "kept": told.kept}
    if told.kept <= 0.0:
        reasons.append(Reason("NEXT_BLOCK_LOST", "doubtful", walk))
    elif told.kept > 0.0:
        reasons.append(Reason("NEXT_BLOCK_EARNED", "robust", walk))
    if told.loss > LIKELY_LOSS:
        reasons.append(Reason("HALVES_LOST", "doubtful", {"share": told.loss}))
    if told.held_out <= 0.0:
        reasons.append(Reason("HELD_OUT_LOST", "doubtful", {"sharpe": told.held_out}))
    elif told.held_out > 0.0:
        reasons.append(Reason("HELD_OUT_EARNED", "robust", {"sharpe": told.held_out}))
    if told.trades < FEW_TRADES:
        decides = told.trades < FEWEST_TRADES
        facts = {"count": told.trades}
        reasons.append(Reason("FEW_TRADES", "doubtful", facts, decides))
    return reasons


def _remarks(told: Evidence) -> list[Reason]:
    reasons = []
    if told.plateau >= PLATEAU:
        reasons.append(Reason("PLATEAU", "robust", {"score": told.plateau}, False))
    elif told.plateau < PLATEAU:
        reasons.append(Reason("NEEDLE", "doubtful", {"score": told.plateau}, False))
    if told.overfitting > 0.5:
        facts = {"share": told.overfitting}
        reasons.append(Reason("RANKS_FALL", "doubtful", facts, False))
    if told.years < told.needed_years:
        facts = {"years": told.years, "needed": told.needed_years}
        reasons.append(Reason("SHORT_HISTORY", "doubtful", facts, False))
    return reasons


def _told(name: str, value: Any) -> str:
    """Return a fact as it is written in a sentence."""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "–"
    if name == "probability":
        return "0.1%" if value < 0.001 else percent(value, 1)
    if name in ("share", "beta"):
        return percent(value, 0)
    if name in ("trials", "effective", "count", "bars", "needed_bars"):
        return f"{value:,.0f}"
    if name in ("years", "needed"):
        return f"{value:,.1f}"
    return f"{value:,.2f}"


def _plain(value: Any) -> Any:
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number
