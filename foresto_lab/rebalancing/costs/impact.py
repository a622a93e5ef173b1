"""Market impact: what a trade moves the price against itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

import numpy as np

from foresto_lab.errors import AmountError, CostError
from foresto_lab.findings import Finding
from foresto_lab.market.dated_series import DatedSeries
from foresto_lab.rebalancing.costs.part import AccountDraft, SelectivePart
from foresto_lab.rebalancing.costs.span_facts import SpanFacts
from foresto_lab.rebalancing.costs.trading import parse_amount
from foresto_lab.types import BoolArray1D, Float64Array1D, Int64Array1D, Severity

Measure: TypeAlias = Callable[[Float64Array1D, int], Float64Array1D]
FEWEST_ROWS: Final = 5
"""Fewer sessions than these tell neither a volatility nor a traded value."""


@dataclass(frozen=True, init=False, repr=False)
class MarketImpact(SelectivePart):
    """The square-root law: ``coefficient * volatility * sqrt(value / ADV) * value``.

    Volatility is the standard deviation of the asset's last ``window`` daily returns
    in its own currency, ADV the mean value traded in its last ``window`` sessions.
    Both end *before* the session of the trade: at a close, that day's own volume and
    return are not known yet. Where fewer than ``window`` sessions exist, those there
    are count, from 5 on; before, and where nothing was traded in all the window, the
    last that was known holds; where none ever was, impact is not counted, and a
    finding says so.

    Parameters
    ----------
    coefficient : float
        About 1 for the impact at the end of an order; 2/3 of that for its average
        price.
    window : int
        Sessions, 5 or more.
    assets, markets : sequence of str, optional
        The assets it is of; left out, all of them.

    References
    ----------
    .. [1] Grinold & Kahn (1999), Active Portfolio Management, 2nd ed., ch. 16.
    .. [2] Toth et al. (2011), Anomalous price impact and the critical nature of
       liquidity in financial markets, doi:10.1103/PhysRevX.1.021006: the law and a
       coefficient of order one.
    """

    coefficient: float = 1.0
    window: int = 20
    kind: ClassVar[str] = "MARKET_IMPACT"

    def __init__(
        self,
        coefficient: float = 1.0,
        window: int = 20,
        assets: object = None,
        markets: object = None,
    ) -> None:
        if (
            isinstance(window, bool)
            or not isinstance(window, int)
            or window < FEWEST_ROWS
        ):
            raise AmountError(
                parameter="window",
                given=window,
                allowed=f"a whole number of sessions, {FEWEST_ROWS} or more",
            )
        for name, value in (
            ("coefficient", parse_amount(coefficient, "coefficient")),
            ("window", window),
            ("assets", assets),
            ("markets", markets),
        ):
            object.__setattr__(self, name, value)
        super().__post_init__()

    def fill(self, draft: AccountDraft) -> None:
        """Add the scale of impact on every session, for the assets it is of."""
        facts = draft.facts
        chosen = np.flatnonzero(self.selection(facts))
        if self.coefficient == 0.0 or len(chosen) == 0:
            return
        values = draft.values
        if values["impact_coefficient"][chosen].any():
            asset = facts.assets[int(chosen[0])]
            raise CostError(
                message=f"{asset} has two market impacts. Give each its own assets."
            )
        if values["impact_scale"].shape[1] == 0:
            values["impact_scale"] = np.zeros((len(facts.assets), len(facts.sessions)))
        for place in chosen:
            values["impact_coefficient"][place] = self.coefficient
            scale, findings = self._scale(facts, int(place))
            values["impact_scale"][place] = scale
            draft.findings.extend(findings)

    def _scale(
        self, facts: SpanFacts, place: int
    ) -> tuple[Float64Array1D, tuple[Finding, ...]]:
        """Return volatility / sqrt(ADV), known before each session."""
        traded = facts.traded_value[place] if facts.traded_value else None
        if traded is None or not facts.own_prices:
            raise CostError(
                message=f"Market impact needs the value traded in {facts.assets[place]}"
                " a session. Give it: fl.MarketFacts(traded_value=...), or leave the "
                "impact out for it by assets=."
            )
        prices = facts.own_prices[place]
        returns = DatedSeries(
            prices.dates[1:], np.diff(prices.numbers) / prices.numbers[:-1]
        )
        volatility = _trailing(returns, self.window, _deviations)
        volume = _trailing(traded, self.window, _means)
        scale = volatility.before(facts.sessions) / np.sqrt(
            volume.before(facts.sessions)
        )
        unknown = np.isnan(scale)
        finding = _finding(facts, place, unknown)
        return np.where(unknown, 0.0, scale), finding


def _trailing(series: DatedSeries, window: int, measure: Measure) -> DatedSeries:
    """Return a measure of the last ``window`` values, the last known where it is 0.

    Of fewer while there are fewer; not known of less than ``FEWEST_ROWS``.
    """
    if len(series.numbers) == 0:
        return series
    found = measure(series.numbers, window)
    found[: FEWEST_ROWS - 1] = np.nan
    return DatedSeries(series.dates, _last_positive(found))


def _means(values: Float64Array1D, window: int) -> Float64Array1D:
    """Return the mean of each value and up to ``window - 1`` before it."""
    total = values.copy()
    for back in range(1, min(window, len(values))):
        total[back:] += values[:-back]
    return total / _counts(values, window)


def _deviations(values: Float64Array1D, window: int) -> Float64Array1D:
    """Return the sample deviation of each value and up to ``window - 1`` before it.

    Two-pass: squares of what is left after the mean. That of one value is 0.
    """
    mean = _means(values, window)
    squares = (values - mean) ** 2
    for back in range(1, min(window, len(values))):
        squares[back:] += (values[:-back] - mean[back:]) ** 2
    return np.sqrt(squares / np.maximum(_counts(values, window) - 1, 1))


def _counts(values: Float64Array1D, window: int) -> Int64Array1D:
    return np.minimum(np.arange(1, len(values) + 1), window)


def _last_positive(values: Float64Array1D) -> Float64Array1D:
    """Return each value, or where it is 0 or NaN the last before that is neither."""
    places = np.where(values > 0.0, np.arange(len(values)), -1)
    last = np.maximum.accumulate(places) if len(places) else places
    return np.where(last >= 0, values[last], np.nan)


def _finding(facts: SpanFacts, place: int, unknown: BoolArray1D) -> tuple[Finding, ...]:
    if not unknown[1:].any():
        return ()
    asset = facts.assets[place]
    days = facts.sessions[unknown]
    return (
        Finding(
            code="IMPACT_NOT_KNOWN",
            severity=Severity.WARNING,
            where=asset,
            message=f"On {len(days)} sessions ({days[0]} to {days[-1]}) too little is "
            f"known of the trading in {asset}; no market impact is counted there.",
            fix="Load prices and traded value from a month before the start.",
            count=len(days),
        ),
    )
