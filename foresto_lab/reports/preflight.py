"""A preflight of a strategy on stored candles, with all that a report on it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresto_lab.preflight import PreflightReport

if TYPE_CHECKING:
    from foresto_lab.lab import Lab


@dataclass(frozen=True, slots=True, eq=False)
class StrategyPreflight:
    """What preflight found about a strategy on the candles of a symbol.

    ``request`` is what was asked for, and all that it takes to ask again.
    """

    report: PreflightReport
    request: Mapping[str, Any]
    data_version: str
    simulated: bool

    @property
    def period(self) -> str:
        """The first and last candle looked at; empty where there is none."""
        report = self.report
        return f"{report.first_bar} ~ {report.last_bar}" if report.first_bar else ""

    @property
    def numbers(self) -> dict[str, Any]:
        """The counts that a page claims."""
        report = self.report
        return {
            "predicted_trades": report.predicted_trades,
            "bar_count": report.bars,
            "preflight_errors": len(report.errors),
            "preflight_warnings": len(report.warnings),
            "preflight_notes": len(report.info),
        }


def preflight_strategy(
    lab: Lab, strategy: str | Mapping[str, Any], symbols: Sequence[str], **options: Any
) -> StrategyPreflight:
    """Preflight a strategy on a workspace's candles; nothing is raised for a bad one.

    Parameters
    ----------
    strategy : str or mapping
        A built-in strategy's name, a stored one's, or JSON.
    symbols : sequence of str
        What it would trade.
    options
        ``timeframe``, ``start``, ``end``, ``initial_capital`` and ``execution``, as
        :meth:`foresto_lab.lab.Lab.backtest` takes them.
    """
    report = lab.preflight(strategy, symbols=list(symbols), **options)
    simulated = {i.symbol for i in lab.storage.catalog.instruments() if i.simulated}
    return StrategyPreflight(
        report=report,
        request={"strategy": strategy, "symbols": list(symbols), **options},
        data_version=data_version_of(lab),
        simulated=not simulated.isdisjoint(symbols),
    )


def data_version_of(lab: Lab) -> str:
    """Return the state of candles and daily prices, either of which may be read."""
    storage = lab.storage
    return f"{storage.candles.candle_version()},{storage.series.data_version()}"
