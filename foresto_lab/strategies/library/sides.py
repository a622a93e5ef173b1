"""Strategies with one rule to enter and one to leave, mirrored for the short side."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, TypeAlias

from pydantic import Field

from foresto_lab.errors import StrategyError
from foresto_lab.strategies.bars import Bars
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.library.built_in import BuiltInStrategy, stop_of
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals
from foresto_lab.strategies.trading_strategy import StrategyConfig
from foresto_lab.types import BoolArray1D

EntryAndExit: TypeAlias = tuple[BoolArray1D, BoolArray1D]
"""Where to enter and where to leave, one value per bar each."""


class SidesConfig(StrategyConfig):
    """What each of these strategies can be told beside its own parameters.

    Parameters
    ----------
    allow_short : bool
        Whether the mirrored rule enters short.
    stop_loss_percent : float, optional
        In percent of the entry price, above 0 and below 100.
    """

    allow_short: bool = False
    stop_loss_percent: float | None = Field(None, gt=0, lt=100)


class TwoSidedStrategy(BuiltInStrategy):
    """A rule to enter and a rule to leave; short is their mirror, if allowed."""

    config: SidesConfig
    ordered: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Parameters of which the first of each two must be below the second."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        for lower, higher in self.ordered:
            require_order(self, lower, higher)

    @abstractmethod
    def long_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave long."""

    @abstractmethod
    def short_rules(self, candles: Bars) -> EntryAndExit:
        """Return where to enter and to leave short."""

    @abstractmethod
    def json_indicators(self) -> list[dict[str, Any]]:
        """Return the indicators in the JSON language."""

    @abstractmethod
    def json_rules(self) -> tuple[dict[str, Any], ...]:
        """Return the four rules in the JSON language."""

    @property
    def risk(self) -> Risk:
        """The stop, if there is one."""
        return stop_of(self.config.stop_loss_percent)

    def signals(self, candles: Bars) -> Signals:
        """Return the signals of both sides, or of the long one."""
        rules = self.long_rules(candles)
        if self.config.allow_short:
            return Signals.of(*rules, *self.short_rules(candles))
        return Signals.of(*rules)

    def to_json(self) -> dict[str, Any]:
        """Return the same rules in the JSON language."""
        buy, sell, short, cover = ([rule] for rule in self.json_rules())
        blocks = {"buyConditions": buy, "sellConditions": sell}
        if self.config.allow_short:
            blocks |= {"shortConditions": short, "coverConditions": cover}
        return self._json(self.json_indicators(), blocks)


def require_order(strategy: TwoSidedStrategy, lower: str, higher: str) -> None:
    """Raise a StrategyError unless one parameter is below another."""
    low = getattr(strategy.config, lower)
    high = getattr(strategy.config, higher)
    if low < high:
        return
    findings = FindingList()
    findings.error(
        "PARAMETER_WRONG",
        lower,
        f"it is {low}, and must be below {higher}, which is {high}.",
    )
    raise StrategyError(strategy=strategy.name, findings=findings.all)
