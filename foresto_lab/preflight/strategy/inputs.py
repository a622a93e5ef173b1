"""What the strategy checks look at, and the shape of a check.

Checks share what is costly: the strategy as parsed, the candles as cut, the dry run.
Each is worked out once, when the first check asks for it, and none ever raises: what
went wrong is kept, for the check that tells it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from foresto_lab.backtest.execution import Execution
from foresto_lab.errors import ForestoError
from foresto_lab.findings import Finding
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.preflight.strategy.causality import (
    ChangedPast,
    UnsettledStart,
    find_changed_past,
    measure_start,
)
from foresto_lab.preflight.strategy.dry_run import DryRun, run_dry
from foresto_lab.preflight.strategy.explanation import (
    Shortfall,
    ZeroTradeExplanation,
)
from foresto_lab.preflight.strategy.readings import ConditionReading
from foresto_lab.preflight.strategy.span import CandleSpan, cut_candles
from foresto_lab.strategies import Risk
from foresto_lab.strategies.sizing import FixedAmount, FixedRisk, FractionOfEquity
from foresto_lab.types import Severity

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog
    from foresto_lab.preflight.strategy.definition import Definition

WARM_UPS: Final = 3
"""How many times the longest warm-up the span must hold."""


class StrategyCheck(Protocol):
    """One thing that could be wrong with a planned backtest."""

    code: ClassVar[str]
    severity: ClassVar[Severity]

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield what is wrong; nothing when all is well."""


@dataclass(frozen=True, eq=False)
class StrategyInputs:
    """A planned backtest: whatever was given, of any type, good or not.

    Parameters
    ----------
    given : object
        The strategy: one itself, JSON, a name or a path; or the error that looking for
        it raised.
    candles : object, optional
        A DataFrame or a CandleTable; without candles the definition alone is checked.
        A mapping of symbol to CandleTable for several symbols on one account.
        Or the error that looking for them raised.
    date_range : pair, optional
        First and last day or instant, either may be None; ``None`` takes all.
    initial_capital : float
        In the account's currency.
    settlement_currency, account_currency : str, optional
        Of the instrument and of the account, where they are known.
    catalog : IndicatorCatalog, optional
        The indicators there are; by default the built-in ones.
    inactive_indicators : frozenset of str
        Names, in lower case, of those that were deactivated.
    calendar : str, optional
        The exchange whose sessions the candles are of, where that is known.
    name : str
        What to call the strategy; by default as it calls itself.
    """

    given: Any
    candles: Any = None
    date_range: Any = None
    execution: Any = None
    initial_capital: Any = 10_000_000
    timeframe: Any = None
    symbol: str = ""
    settlement_currency: str | None = None
    account_currency: str | None = None
    catalog: IndicatorCatalog | None = None
    inactive_indicators: frozenset[str] = frozenset()
    calendar: str | None = None
    name: str = ""

    # --- what was given, parsed ------------------------------------------------------

    @cached_property
    def definition(self) -> Definition:
        """The strategy as parsed, or why it cannot be."""
        from foresto_lab.preflight.strategy.definition import parse_definition

        return parse_definition(self.given, self.catalog)

    @property
    def subject(self) -> str:
        """What the report is about: the strategy's name."""
        return self.name or self.definition.name

    @cached_property
    def span(self) -> CandleSpan:
        """The candles within the dates, or why there are none."""
        return cut_candles(
            self.candles, self.date_range, symbol=self.symbol, timeframe=self.timeframe
        )

    @cached_property
    def refused_arguments(self) -> Mapping[str, str]:
        """Each argument beside the strategy that a run would refuse, with why."""
        refused = {}
        if self.span.date_refusal is not None:
            refused["date_range"] = str(self.span.date_refusal)
        if self._timeframe_refusal:
            refused["timeframe"] = self._timeframe_refusal
        if self.capital is None:
            refused["initial_capital"] = (
                f"initial_capital is {self.initial_capital!r:.60}, but must be a "
                "number above 0."
            )
        if self._parsed_execution[1]:
            refused["execution"] = self._parsed_execution[1]
        return refused

    @property
    def _timeframe_refusal(self) -> str:
        """Why the timeframe is none; empty where it is one, or was left out."""
        try:
            if self.timeframe is not None:
                Timeframe.parse(self.timeframe)
        except Exception as error:
            return sentence_of(error)
        return ""

    @cached_property
    def _parsed_execution(self) -> tuple[Execution, str]:
        """The execution given, as itself or as its options, and why it is refused."""
        given = self.execution
        try:
            if given is None or isinstance(given, Execution):
                return given or Execution(), ""
            if isinstance(given, Mapping):
                return Execution.from_dict(given), ""
        except Exception as error:
            return Execution(), sentence_of(error)
        return Execution(), (
            f"execution is a {type(given).__name__}, but must be an Execution, such as "
            "Execution(fee_rate=0.0004)."
        )

    @cached_property
    def capital(self) -> float | None:
        """The capital, or None when it is no amount above 0."""
        given = self.initial_capital
        if isinstance(given, bool) or not hasattr(given, "__float__"):
            return None
        try:
            amount = float(given)
        except (TypeError, ValueError, OverflowError):
            return None
        return amount if 0 < amount < math.inf else None

    # --- risk and money --------------------------------------------------------------

    @property
    def settings(self) -> Execution:
        """The execution given, or the default one."""
        return self._parsed_execution[0]

    @cached_property
    def risk(self) -> Risk:
        """The strategy's risk block; an empty one where there is none."""
        strategy = self.definition.strategy
        return strategy.risk if strategy is not None else Risk()

    def _limit(self, name: str) -> Any:
        """Return a limit of the execution, or else of the strategy."""
        own = getattr(self.settings, name)
        return own if own is not None else getattr(self.risk, name)

    @property
    def leverage(self) -> float:
        """The leverage that the run would have."""
        return float(self._limit("leverage") or 1.0)

    @property
    def stop_loss(self) -> float | None:
        """The stop loss that the run would have, a fraction of the entry price."""
        stop: float | None = self._limit("stop_loss")
        return stop

    @property
    def has_stop(self) -> bool:
        """Whether a losing position has a stop, fixed or trailing."""
        return any(
            self._limit(name) is not None for name in ("stop_loss", "trailing_stop")
        )

    @property
    def closes_by_itself(self) -> bool:
        """Whether a position ends without any exit signal."""
        names = ("stop_loss", "take_profit", "trailing_stop", "time_stop")
        limited = any(self._limit(name) is not None for name in names)
        return limited or self.leverage > 1

    @property
    def liquidation_distance(self) -> float | None:
        """How far from its entry a position is liquidated at the least; None without.

        The margin, 1 / leverage of the entry value, less what must be maintained: of
        the two sides a short is nearer.
        """
        if self.leverage <= 1:
            return None
        maintained = self.settings.maintenance_margin_rate
        return max((1.0 / self.leverage - maintained) / (1.0 + maintained), 0.0)

    @property
    def allows_short(self) -> bool:
        """Whether the execution allows short positions."""
        return bool(self.settings.allow_short)

    @property
    def minimum_order(self) -> float:
        """The least order that is taken, in money."""
        return float(self.settings.minimum_order)

    @cached_property
    def position_budget(self) -> float | None:
        """The most money that the first position may take; None when unknown."""
        capital = self.capital
        if capital is None:
            return None
        most = capital * self.leverage
        match self._limit("sizing"):
            case FractionOfEquity(fraction=fraction):
                return fraction * most
            case FixedAmount(amount=amount):
                return min(amount * self.leverage, most)
            case FixedRisk(fraction=fraction) if self.stop_loss:
                return min(fraction * capital / self.stop_loss, most)
            case _:
                return most

    @cached_property
    def lot_shortfall(self) -> Shortfall | None:
        """What one lot takes at the cheapest open, against what there is for it."""
        table, budget = self.span.table, self.position_budget
        lot = float(self.settings.lot_size)
        if table is None or not len(table) or budget is None or lot <= 0:
            return None
        cheapest = float(table.open.min())
        slippage = self.settings.slippage_bps / 10_000.0
        costs = (1.0 + self.settings.fee_rate) * (1.0 + slippage)
        return Shortfall(required=lot * cheapest * costs, available=budget)

    # --- warm-up ---------------------------------------------------------------------

    @property
    def longest_warm_up(self) -> tuple[str, int]:
        """The indicator that warms up longest, and for how many candles."""
        return max(
            self.definition.warm_ups.items(),
            key=lambda named: named[1],
            default=("", 0),
        )

    @cached_property
    def span_shortfall(self) -> Shortfall | None:
        """The candles that the warm-up requires, against those in the span."""
        table = self.span.table
        _, warm_up = self.longest_warm_up
        if table is None or not len(table) or not warm_up:
            return None
        return Shortfall(required=WARM_UPS * warm_up, available=len(table))

    # --- the dry run -----------------------------------------------------------------

    @cached_property
    def dry_run(self) -> DryRun:
        """The signals and trades on the candles, or what stood against them."""
        strategy, table = self.definition.strategy, self.span.table
        ready = strategy is not None and table is not None and len(table) > 1
        if not ready or self.refused_arguments:
            return DryRun()
        assert strategy is not None
        assert table is not None
        assert self.capital is not None
        return run_dry(strategy, table, self.settings, self.capital)

    @cached_property
    def readings(self) -> tuple[ConditionReading, ...]:
        """The entry conditions on every bar; empty where they are not known."""
        from foresto_lab.preflight.strategy.entry_conditions import read_entries

        signals, table = self.dry_run.signals, self.span.table
        if signals is None or table is None or self.definition.conditions is None:
            return ()
        return read_entries(self.definition.conditions, table, signals)

    @cached_property
    def explanation(self) -> ZeroTradeExplanation | None:
        """Why it would not trade; None when it would, or when that is not known."""
        if self.dry_run.signals is None or self.dry_run.trades != 0:
            return None
        return self._explain()

    def _explain(self) -> ZeroTradeExplanation:
        from foresto_lab.preflight.strategy.retrial import ChangedStrategy
        from foresto_lab.preflight.strategy.zero_trades import (
            DryRunFacts,
            explain_zero_trades,
        )

        signals, table = self.dry_run.signals, self.span.table
        assert signals is not None
        assert table is not None
        long, short = signals.long_entry, signals.short_entry
        facts = DryRunFacts(
            open_times=table.open_times,
            entries=long | short,
            capital=self.lot_shortfall,
            span=self._span_without_values(len(table)),
            shorts_refused=not self.allows_short and not long.any(),
        )
        retrial = (
            None
            if self.definition.conditions is None
            else ChangedStrategy(
                self.definition.conditions,
                lambda changed: (
                    run_dry(changed, table, self.settings, self.capital or 0.0).trades
                ),
            )
        )
        return explain_zero_trades(self.readings, facts, retrial)

    def _span_without_values(self, available: int) -> Shortfall | None:
        """Return the candles that a first value takes, where there are too few."""
        _, warm_up = self.longest_warm_up
        if warm_up < available:
            return None
        return Shortfall(required=WARM_UPS * warm_up, available=available)

    # --- cut histories ---------------------------------------------------------------

    @cached_property
    def changed_past(self) -> ChangedPast | None:
        """The first value that later candles changed."""
        strategy, table = self.definition.strategy, self.span.table
        whole = self.dry_run.signals
        if strategy is None or table is None or whole is None:
            return None
        return find_changed_past(self.dry_run.compute, table, whole)

    @cached_property
    def unsettled_start(self) -> UnsettledStart | None:
        """What a longer history would change of the first signals."""
        table, whole = self.span.table, self.dry_run.signals
        if table is None or whole is None or self.changed_past is not None:
            return None
        _, warm_up = self.longest_warm_up
        return measure_start(
            self.dry_run.compute,
            table,
            whole,
            warm_up=warm_up,
            settling=self.definition.settling,
        )


def sentence_of(error: BaseException) -> str:
    """Return what an error says; of one that says nothing, what it is."""
    if isinstance(error, ForestoError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
