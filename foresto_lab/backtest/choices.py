"""From a strategy to what it wants of many symbols: by ranking, or by signals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.rotation_walk import NO_EXITS, Decisions
from foresto_lab.backtest.single import require_length
from foresto_lab.backtest.traded import GivenSignals, Traded, parse_traded
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.market.candle_panel import CandlePanel
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.strategies.ranking import (
    Ranking,
    RankingStrategy,
    Selection,
    require_count,
)
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D

DEFAULT_POSITIONS: Final = 10
_NO_RISK = Risk()


@dataclass(frozen=True, slots=True, eq=False)
class GivenRanking:
    """A ranking that was computed elsewhere, traded as if a strategy had given it."""

    given: Ranking
    selection: Selection = field(default_factory=Selection)
    risk: Risk = _NO_RISK
    name: str = "ranking"

    @property
    def checksum(self) -> str:
        """SHA-256 of the decisions, the scores and the selection."""
        digest = hashlib.sha256(self.given.decisions.tobytes())
        digest.update(self.given.scores.tobytes())
        digest.update(repr(self.selection).encode())
        return digest.hexdigest()

    def ranking(self, panel: CandlePanel) -> Ranking:
        """Return the ranking, whatever the candles."""
        return self.given

    def to_dict(self) -> dict[str, Any]:
        """Return the name, the risk block and the checksum of the ranking."""
        return {
            "name": self.name,
            "risk": self.risk.to_dict(),
            "checksum": self.checksum,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """A strategy on many symbols: its decisions, and what they were made from.

    Parameters
    ----------
    strategy : Traded or RankingStrategy
    decisions : Decisions
    signals : mapping of symbol to Signals
        Empty for a strategy that ranks.
    """

    strategy: Any
    decisions: Decisions
    signals: Mapping[str, Signals]


def is_ranking(strategy: object) -> bool:
    """Return whether a strategy ranks symbols, rather than giving each its signals."""
    return callable(getattr(strategy, "ranking", None))


def choose(
    panel: CandlePanel,
    strategy: object,
    execution: Execution,
    *,
    max_positions: int | None,
    rank_by: str | None,
) -> Choices:
    """Return what a strategy wants of many symbols.

    Raises
    ------
    InputError
        Options that this kind of strategy does not have, or signals or scores of other
        bars and symbols than the candles.
    """
    if not is_ranking(strategy) and isinstance(strategy, str):
        strategy = parse_traded(strategy)
    if is_ranking(strategy):
        if max_positions is not None or rank_by is not None:
            raise InputError(
                message="A strategy that ranks has its own positions and order. Leave "
                "max_positions and rank_by out, and set them on the strategy."
            )
        return _by_ranking(panel, strategy)  # type: ignore[arg-type]
    count = DEFAULT_POSITIONS if max_positions is None else max_positions
    require_count("max_positions", count, 1)
    return _by_signals(panel, strategy, execution, Selection(top=count), rank_by)


def _by_ranking(panel: CandlePanel, strategy: RankingStrategy) -> Choices:
    ranking = strategy.ranking(panel)
    if ranking.scores.shape[1] != len(panel.symbols):
        raise InputError(
            message=f"The ranking has scores of {ranking.scores.shape[1]} symbols, the "
            f"candles have {len(panel.symbols)}. Give one column for each symbol."
        )
    bars = ranking.decisions
    if len(bars) and not 0 <= bars[0] <= bars[-1] < len(panel):
        raise InputError(
            message=f"The ranking decides at bars {bars[0]} to {bars[-1]}; the candles "
            f"have bars 0 to {len(panel) - 1}."
        )
    decisions = Decisions(ranking, strategy.selection, True, NO_EXITS)
    return Choices(strategy, decisions, {})


def _by_signals(
    panel: CandlePanel,
    given: object,
    execution: Execution,
    selection: Selection,
    rank_by: str | None,
) -> Choices:
    strategies = _per_symbol(panel, given)
    signals = {}
    leaves = np.zeros((len(panel.symbols), len(panel)), dtype=np.uint8)
    wanted = []
    for column, (symbol, table) in enumerate(panel.tables.items()):
        own = strategies[symbol].signals(table)
        require_length(own, table)
        signals[symbol] = own
        bars = _bars_of(panel, table)
        leaves[column, bars] = _exits(own, execution)
        entries = np.flatnonzero(own.long_entry & ~own.short_entry & ~own.long_exit)
        if execution.fill != "close":  # on the last bar no open follows
            entries = entries[entries < len(table) - 1]
        scores = _scores(own, table, rank_by)[entries]
        wanted.append((_decided_at(bars, entries, execution), column, scores))
    strategy = next(iter(strategies.values()))
    decisions = Decisions(
        _ranking_of(wanted, len(panel.symbols)), selection, False, leaves
    )
    return Choices(strategy, decisions, signals)


def _per_symbol(panel: CandlePanel, given: object) -> Mapping[str, Traded]:
    """Return the strategy of each symbol: one for all, or ready-made signals."""
    if isinstance(given, Mapping) and all(
        isinstance(value, Signals) for value in given.values()
    ):
        missing = [symbol for symbol in panel.symbols if symbol not in given]
        if missing:
            raise UnknownNameError(
                kind="symbol with signals", given=missing[0], allowed=tuple(given)
            )
        return {symbol: GivenSignals(given[symbol]) for symbol in panel.symbols}
    strategy = parse_traded(given)
    return dict.fromkeys(panel.symbols, strategy)


def _bars_of(panel: CandlePanel, table: CandleTable) -> Int64Array1D:
    """Return at which bars of the panel a symbol has its own."""
    if len(table) == len(panel):
        return np.arange(len(panel), dtype=np.int64)
    return np.searchsorted(panel.open_times, table.open_times).astype(np.int64)


def _exits(signals: Signals, execution: Execution) -> BoolArray1D:
    """Return where a long is to be left: by an exit, or by an entry to be short."""
    leave = signals.long_exit
    if execution.on_opposite != "ignore":
        leave = leave | (
            signals.short_entry & ~signals.long_entry & ~signals.short_exit
        )
    return leave


def _decided_at(
    bars: Int64Array1D, entries: Int64Array1D, execution: Execution
) -> Int64Array1D:
    """Return the panel's bars whose decisions carry a symbol's entries.

    An order waits for the symbol's own next bar: it is booked on the bar before that.
    """
    if execution.fill == "close":
        return bars[entries]
    return bars[entries + 1] - 1


def _scores(signals: Signals, table: CandleTable, rank_by: str | None) -> Any:
    """Return what ranks entries of the same bar, the higher the sooner."""
    if rank_by is None:
        return np.zeros(len(table))
    name = rank_by.removeprefix("-")
    column: Float64Array1D | None = signals.columns.get(name)
    if column is None:
        allowed = (*signals.columns, *CANDLE_FIELDS)
        if name not in CANDLE_FIELDS:
            raise UnknownNameError(
                kind="column to rank by", given=name, allowed=allowed
            )
        column = table.column(name)
    scores = -column if rank_by.startswith("-") else column
    return np.where(np.isnan(scores), -np.inf, scores)


def _ranking_of(
    wanted: list[tuple[Int64Array1D, int, Float64Array1D]], n_symbols: int
) -> Ranking:
    """Return one row of scores for each bar at which anything is wanted."""
    decided = [bars for bars, _, _ in wanted]
    decisions = np.unique(np.concatenate(decided))
    scores = np.full((len(decisions), n_symbols), np.nan)
    for bars, column, own in wanted:
        scores[np.searchsorted(decisions, bars), column] = own
    return Ranking(decisions, scores)


def entry_values(
    choices: Choices,
    panel: CandlePanel,
    columns: Int64Array1D,
    signal_bars: Int64Array1D,
) -> Iterator[dict[str, float]]:
    """Yield what was looked at when each trade was decided, by name.

    Parameters
    ----------
    columns : (n_trades,)
        The symbol of each trade.
    signal_bars : (n_trades,)
        The panel's bar of each decision.
    """
    ranking = choices.decisions.ranking
    rows = np.searchsorted(ranking.decisions, signal_bars)
    for column, bar, row in zip(columns, signal_bars, rows, strict=True):
        symbol = panel.symbols[column]
        if choices.signals:
            times = panel.tables[symbol].open_times
            own = np.searchsorted(times, panel.open_times[bar], side="right") - 1
            looked_at = choices.signals[symbol].columns
            yield {name: float(values[own]) for name, values in looked_at.items()}
        else:
            yield {"score": float(ranking.scores[row, column])}
