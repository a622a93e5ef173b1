"""What the figures read off a result: names, targets, periods' returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import pandas as pd

from foresto_lab.labels import rule_label

_PREFIX = "weight_"


class PathResult(Protocol):
    """A simulation's result, as far as figures and tables look into it."""

    @property
    def path(self) -> pd.DataFrame:
        """Index ``date``; ``nav``, ``daily_return``, ``drawdown``, ``weight_*``."""

    @property
    def events(self) -> pd.DataFrame:
        """One row a rebalancing."""

    @property
    def summary(self) -> pd.Series[Any]:
        """The measures by name."""

    @property
    def weights(self) -> Mapping[str, float]:
        """Target weight by asset."""

    @property
    def rule(self) -> Any:
        """The rebalancing rule, None for buy and hold."""

    @property
    def simulated(self) -> bool:
        """Whether the prices were simulated."""


Results: TypeAlias = PathResult | Mapping[str, PathResult] | Iterable[PathResult]


def named_results(results: Results, language: str = "ko") -> dict[str, PathResult]:
    """Return results by the name of their curve, in the order given.

    A mapping keeps its names; otherwise a result is called after its rule, and equal
    names are numbered.
    """
    if isinstance(results, Mapping):
        return dict(results)
    listed = list(results) if isinstance(results, Iterable) else [results]
    named: dict[str, PathResult] = {}
    for result in listed:
        base = rule_label(getattr(result.rule, "label", None), language)
        name, number = base, 2
        while name in named:
            name, number = f"{base} ({number})", number + 1
        named[name] = result
    return named


def any_simulated(results: Iterable[PathResult]) -> bool:
    """Return whether any of the results was made from simulated prices."""
    return any(getattr(result, "simulated", False) for result in results)


def currency_of(result: PathResult) -> str:
    """Return the currency that a result counts in."""
    return getattr(result, "currency", None) or "KRW"


def curve(series: pd.Series[float], digits: int) -> dict[str, Any]:
    """Return a series as the ``x`` and ``y`` of a trace, no finer than is drawn.

    Dates are short texts and values single floats, rounded: half the size, and the
    same on every machine.
    """
    return {
        "x": pd.DatetimeIndex(series.index).strftime("%Y-%m-%d").to_numpy(),
        "y": series.to_numpy(dtype=float).round(digits).astype("float32"),
    }


def asset_weights(result: PathResult) -> pd.DataFrame:
    """Return the daily weights, one column an asset; with the uninvested, if any."""
    path = result.path
    columns = [name for name in path.columns if name.startswith(_PREFIX)]
    weights = path[columns].rename(columns=lambda name: name.removeprefix(_PREFIX))
    weights = weights.loc[:, (weights != 0).any()]
    rest = 1.0 - weights.sum(axis=1)
    return weights.assign(uninvested=rest) if (rest > 1e-9).any() else weights


def target_weights(result: PathResult, assets: Iterable[str]) -> dict[str, float]:
    """Return the target of each asset; what is missing to 1 is uninvested."""
    targets = {asset: float(result.weights.get(asset, 0.0)) for asset in assets}
    if "uninvested" in targets and "uninvested" not in result.weights:
        targets["uninvested"] = 1.0 - sum(result.weights.values())
    return targets


def drift_by_asset(result: PathResult) -> pd.DataFrame:
    """Return weight less target at each close, before that close's trade if any.

    The path holds weights after trading; what a rule looked at is the weights before.
    """
    weights = asset_weights(result)
    targets = target_weights(result, weights.columns)
    drift = weights - pd.Series(targets)
    events = result.events
    for date, before in zip(
        events["event_date"], events["before_weights"], strict=True
    ):
        session = pd.Timestamp(date)
        if session in drift.index:
            rest = 1.0 - sum(before.values())
            held = {**before, "uninvested": before.get("uninvested", rest)}
            drift.loc[session] = [
                held.get(asset, 0.0) - targets[asset] for asset in drift.columns
            ]
    return drift


def largest_drift(result: PathResult) -> pd.Series[float]:
    """Return the largest absolute drift of any holding at each close."""
    return drift_by_asset(result).abs().max(axis=1)


def period_returns(nav: pd.Series[float], frequency: str) -> pd.Series[float]:
    """Return the return of each calendar period; the first starts at the first value.

    Parameters
    ----------
    nav : (n_sessions,)
        Index of dates.
    frequency : {"M", "Y"}
        Calendar months or years, including the partial ones at both ends.
    """
    periods = pd.DatetimeIndex(nav.index).to_period(frequency)
    closing = nav.groupby(periods).last()
    opening = closing.shift(1)
    opening.iloc[0] = nav.iloc[0]
    return closing / opening - 1.0
