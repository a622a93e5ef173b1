"""The tables of a result: path, events, summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from foresto_lab import engine
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.rebalancing.costs import COST_PARTS
from foresto_lab.types import (
    Float64Array1D,
    Float64Array2D,
    Float64Array3D,
    Int64Array1D,
    SessionArray,
    TriggerType,
)

PATH_MEASURES: Final = ("nav", "daily_return", "cumulative_return", "drawdown")
WEIGHT_PREFIX: Final = "weight_"
CASH_FLOW: Final = "cash_flow"
COST_PREFIX: Final = "cost_"
SUMMARY_MEASURES: Final = (
    *engine.FIGURES,
    "total_turnover",
    "annual_turnover",
    "total_cost",
    "rebalancing_count",
)
_WHOLE: Final = frozenset(
    {
        "max_drawdown_duration",
        "recovery_days",
        "longest_underwater_days",
        "rebalancing_count",
    }
)


@dataclass(frozen=True, eq=False)
class EventLog:
    """The trades of a walk, as arrays; a row each.

    ``amounts`` are turnover, cost, NAV before and after; ``weights`` before and after.
    ``ledger`` has the cost parts and the realized gain of each, where these are told
    apart; the cost rate is then what the trade came to.
    """

    sessions: SessionArray
    triggers: Int64Array1D
    amounts: Float64Array2D
    weights: Float64Array3D
    held: tuple[str, ...]
    assets: tuple[str, ...]
    rule: RebalancingRule | None
    ledger: Float64Array2D | None = None
    with_lots: bool = False

    def to_frame(self) -> pd.DataFrame:
        """Return the events, one row a trade, in the order they were made."""
        turnover, cost, nav_before, nav_after = self.amounts.T
        details = [self._detail(int(trigger)) for trigger in self.triggers]
        n_events = len(self.sessions)
        events = pd.DataFrame(
            {
                "event_date": to_index(self.sessions),
                "trigger_type": pd.Series(self._types(), dtype="str"),
                "trigger_detail": pd.Series(details, dtype="str"),
                "before_weights": self._weight_mappings(0),
                "after_weights": self._weight_mappings(1),
                "turnover": turnover.copy(),
                "cost_rate": self._cost_rates(n_events),
                "cost_amount": cost.copy(),
                "nav_before": nav_before.copy(),
                "nav_after": nav_after.copy(),
            }
        )
        if self.ledger is None:
            return events
        parts = ledger_columns(self.ledger, with_lots=self.with_lots)
        return events.assign(**parts)

    def _types(self) -> list[str]:
        kind = "" if self.rule is None else str(self.rule.type)
        return [
            str(TriggerType.SCHEDULE) if trigger & engine.SCHEDULE_FIRED else kind
            for trigger in self.triggers.tolist()
        ]

    def _cost_rates(self, n_events: int) -> Float64Array1D:
        if self.ledger is None:
            rate = 0.0 if self.rule is None else self.rule.cost_rate
            return np.full(n_events, rate)
        turnover, cost, nav_before, _ = self.amounts.T
        rates = np.zeros(n_events)
        np.divide(cost, turnover * nav_before, out=rates, where=turnover > 0.0)
        return rates

    def _detail(self, trigger: int) -> str:
        if trigger & engine.SCHEDULE_FIRED:
            return str(TriggerType.SCHEDULE)
        if self.rule is None:
            return ""
        return self.rule.trigger_detail(
            on_date=bool(trigger & engine.DATE_FIRED),
            on_drift=bool(trigger & engine.DRIFT_FIRED),
        )

    def _weight_mappings(self, moment: int) -> pd.Series[Any]:
        unheld = dict.fromkeys(self.assets, 0.0)
        rows = [
            unheld | dict(zip(self.held, row, strict=True))
            for row in self.weights[:, moment].tolist()
        ]
        return pd.Series(rows, dtype=object)


def ledger_columns(
    ledger: Float64Array2D, *, with_lots: bool
) -> dict[str, Float64Array1D]:
    """Return a ledger's columns: ``cost_<part>``, and ``realized_gain`` with lots.

    Parameters
    ----------
    ledger : (n_rows, engine.N_LEDGER)
    """
    columns = {
        COST_PREFIX + part: ledger[:, place].copy()
        for place, part in enumerate(COST_PARTS)
    }
    if with_lots:
        columns["realized_gain"] = ledger[:, engine.N_COST_PARTS].copy()
    return columns


def ledger_table(
    sessions: SessionArray, ledger: Float64Array2D, *, with_lots: bool
) -> pd.DataFrame:
    """Return what was paid, index ``date``: the sessions on which anything was."""
    paid = ledger.any(axis=1)
    return pd.DataFrame(
        ledger_columns(ledger[paid], with_lots=with_lots),
        index=to_index(sessions[paid]).rename("date"),
    )


def path_table(
    sessions: SessionArray,
    nav: Float64Array1D,
    returns: Float64Array1D,
    held_weights: Mapping[str, Float64Array1D],
    assets: tuple[str, ...],
    *,
    index: Float64Array1D | None = None,
    cash_flow: Float64Array1D | None = None,
) -> pd.DataFrame:
    """Return the path, index ``date``: the measures, then a weight per asset.

    Parameters
    ----------
    returns : (n_sessions - 1,)
        Simple returns; the path's first is 0.
    held_weights : mapping of asset to (n_sessions,)
        An asset that is not held has weight 0 throughout.
    index : (n_sessions,), optional
        What cumulative return and drawdown are of; left out, the nav.
    cash_flow : (n_sessions,), optional
        A column after the drawdown.
    """
    measures = [*PATH_MEASURES, *(() if cash_flow is None else (CASH_FLOW,))]
    grown = nav if index is None else index
    block = np.empty((len(measures) + len(assets), len(sessions)))
    block[0] = nav
    block[1, 0] = 0.0
    block[1, 1:] = returns
    block[2] = grown / grown[0] - 1.0
    block[3] = grown / np.maximum.accumulate(grown) - 1.0
    if cash_flow is not None:
        block[4] = cash_flow
    for row, asset in enumerate(assets, start=len(measures)):
        block[row] = held_weights.get(asset, 0.0)
    columns = [*measures, *(WEIGHT_PREFIX + asset for asset in assets)]
    return pd.DataFrame(
        block.T, index=to_index(sessions).rename("date"), columns=columns, copy=False
    )


def summary_row(
    figures: Float64Array1D,
    *,
    turnover: float,
    cost: float,
    n_events: int,
    years: float,
) -> pd.Series[Any]:
    """Return the summary; days and counts are integers, None where there is none."""
    annual = turnover / years if years > 0 else float("nan")
    numbers = [*figures.tolist(), turnover, annual, cost, n_events]
    values = [
        _whole(number) if name in _WHOLE else number
        for name, number in zip(SUMMARY_MEASURES, numbers, strict=True)
    ]
    return pd.Series(values, index=list(SUMMARY_MEASURES), dtype=object, name="summary")


def _whole(number: float) -> int | None:
    return None if number != number else int(number)


def to_index(sessions: SessionArray) -> pd.DatetimeIndex:
    """Return sessions as pandas has dates by default."""
    return pd.DatetimeIndex(sessions.astype("datetime64[us]"))
