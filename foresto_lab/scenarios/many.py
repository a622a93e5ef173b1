"""Simulate many portfolios under many rules: summaries only, on all cores."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd

from foresto_lab import engine
from foresto_lab.errors import InputError, RuleError, WeightError
from foresto_lab.market.calendars import get_calendar
from foresto_lab.metrics import SESSIONS_PER_YEAR
from foresto_lab.rebalancing import ProportionalCost, RebalancingRule
from foresto_lab.scenarios.simulation import (
    Terms,
    parse_terms,
    require_columns,
)
from foresto_lab.scenarios.span import DateLike, Span, parse_span
from foresto_lab.scenarios.tables import SUMMARY_MEASURES
from foresto_lab.scenarios.weights import (
    SUM_TOLERANCE,
    parse_weights,
    targets_with_cash,
)
from foresto_lab.types import BoolArray1D, Execution, Float64Array2D, Int64Array1D

WeightsMatrix: TypeAlias = (
    "pd.DataFrame | Float64Array2D | Mapping[Any, Mapping[Any, float]]"
)
Rules: TypeAlias = (
    "RebalancingRule | Sequence[RebalancingRule | None] "
    "| Mapping[str, RebalancingRule | None] | None"
)

BUY_AND_HOLD: Final = "BUY_AND_HOLD"
_CHUNK: Final = 32
"""Portfolios a thread takes at a time: enough to hide the hand-over."""


def simulate_many(
    prices: pd.DataFrame,
    weights_matrix: WeightsMatrix,
    rules: Rules = None,
    costs: ProportionalCost | float | None = None,
    cashflows: None = None,
    initial_amount: float = 1_000_000,
    calendar: str = "XKRX",
    *,
    start: DateLike | None = None,
    end: DateLike | None = None,
    execution: Execution | str = "close",
    workers: int | None = None,
) -> pd.DataFrame:
    """Return the summaries of many portfolios under many rules.

    Each row holds the very numbers that :func:`simulate` gives. Paths are not kept, so
    memory grows with the summaries alone.

    Parameters
    ----------
    prices : DataFrame (n_sessions, n_assets)
        As for ``simulate``.
    weights_matrix : DataFrame, array (n_portfolios, n_assets) or mapping
        A row of target weights a portfolio. A DataFrame has assets as columns and the
        portfolios' names as index; an array has the columns of ``prices``; a mapping
        gives each name its mapping of asset to weight.
    rules : rule, sequence or mapping of name to rule, optional
        A rule's name is its label unless a mapping names it; None is buy and hold.
    costs, cashflows, initial_amount, calendar, start, end, execution
        As for ``simulate``.
    workers : int, optional
        Threads; left out, one a core.

    Returns
    -------
    DataFrame
        Index ``(portfolio, rule)``, one column a figure of the summary.
        ``recovery_days`` is NaN where the deepest drawdown has not recovered.

    Raises
    ------
    WeightError
        A row is no portfolio; the error names it.
    InputError
        As for ``simulate``.
    """
    if cashflows is not None:
        raise InputError(
            message="cashflows are not offered yet; leave the argument out, or None."
        )
    named = _name_rules(rules)
    terms = {
        name: parse_terms(rule, costs, initial_amount, calendar, execution)
        for name, rule in named.items()
    }
    names, assets, weights = _parse_matrix(weights_matrix, prices)
    require_columns(prices, dict.fromkeys(assets, 0.0))
    figures = np.empty((len(names), len(terms), engine.N_COLUMNS))
    years = np.empty(len(names))
    with ThreadPoolExecutor(workers or _cores()) as pool:
        for rows, held in _groups_by_holdings(weights):
            span = parse_span(
                prices,
                [asset for asset, is_held in zip(assets, held, strict=True) if is_held],
                get_calendar(calendar),
                start=start,
                end=end,
            )
            targets = targets_with_cash(weights[rows][:, held])
            years[rows] = span.years
            for place, term in enumerate(terms.values()):
                figures[rows, place] = _sweep(span, targets, term, pool)
    return _summary_table(names, list(terms), figures, years)


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _name_rules(given: Any) -> dict[str, RebalancingRule | None]:
    if isinstance(given, Mapping):
        named = {str(name): rule for name, rule in given.items()}
    else:
        listed = list(given) if isinstance(given, (list, tuple)) else [given]
        labels = [getattr(rule, "label", BUY_AND_HOLD) for rule in listed]
        named = dict(zip(labels, listed, strict=True))
        if len(named) < len(listed):
            twice = next(name for name in labels if labels.count(name) > 1)
            raise RuleError(
                message=f"Two rules are called {twice}. Name them with a mapping: "
                "{'cheap': rule, 'dear': rule}."
            )
    if not named:
        raise RuleError(message="rules is empty. Give at least one, or None.")
    return named


def _parse_matrix(
    given: Any, prices: pd.DataFrame
) -> tuple[pd.Index[Any], list[Hashable], Float64Array2D]:
    """Return the portfolios' names, the assets, and the weights, checked row by row."""
    frame = _as_frame(given, prices)
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise WeightError(
            message=f"weights_matrix has {frame.shape[0]} portfolios of "
            f"{frame.shape[1]} assets. Give at least one of each."
        )
    try:
        weights = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        weights = np.full(frame.shape, np.nan)
    for row in np.flatnonzero(~_looks_valid(weights)):
        parse_weights(
            dict(zip(frame.columns, frame.iloc[row], strict=True)),
            where=f"weights of portfolio {frame.index[int(row)]!r}",
        )
    return frame.index, list(frame.columns), weights


def _as_frame(given: Any, prices: pd.DataFrame) -> pd.DataFrame:
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, Mapping):
        rows = {name: dict(row) for name, row in given.items()}
        assets = list(dict.fromkeys(asset for row in rows.values() for asset in row))
        matrix = [[row.get(asset, 0.0) for asset in assets] for row in rows.values()]
        return pd.DataFrame(matrix, index=list(rows), columns=assets)
    array = np.asarray(given)
    if array.ndim != 2 or array.shape[1] != len(prices.columns):
        raise WeightError(
            message=f"weights_matrix has shape {array.shape}; an array needs one row a "
            f"portfolio and the {len(prices.columns)} columns of prices. Name the "
            "assets with a DataFrame to give fewer."
        )
    return pd.DataFrame(array, columns=prices.columns)


def _looks_valid(weights: Float64Array2D) -> BoolArray1D:
    """Return which rows surely are portfolios; the others are looked at one by one."""
    valid: BoolArray1D = (weights >= 0.0).all(axis=1) & (
        weights.sum(axis=1) <= 1.0 + SUM_TOLERANCE / 2
    )
    return valid


def _groups_by_holdings(
    weights: Float64Array2D,
) -> Iterator[tuple[Int64Array1D, BoolArray1D]]:
    """Yield the rows that hold the same assets, with which those are.

    They share day 0 and the prices that are looked at.
    """
    held = weights > 0.0
    if held.all():
        yield np.arange(len(weights)), held[0]
        return
    patterns, members = np.unique(held, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        yield np.flatnonzero(members.ravel() == number), pattern


def _sweep(
    span: Span, targets: Float64Array2D, terms: Terms, pool: ThreadPoolExecutor
) -> Float64Array2D:
    """Return the engine's figures of each portfolio, computed on all threads."""
    figures = np.empty((len(targets), engine.N_COLUMNS))
    rule = terms.rule_arguments(terms.schedule(span))

    def compute(first: int) -> None:
        rows = slice(first, first + _CHUNK)
        engine.sweep_kernel(
            span.table.prices.T,
            targets[rows],
            terms.initial_amount,
            *rule,
            span.day_numbers,
            span.month_ends,
            span.year_ends,
            span.years,
            SESSIONS_PER_YEAR,
            figures[rows],
        )

    list(pool.map(compute, range(0, len(targets), _CHUNK)))
    return figures


def _summary_table(
    names: pd.Index[Any],
    rules: Iterable[str],
    figures: Any,
    years: Any,
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([names, rules], names=["portfolio", "rule"])
    flat = figures.reshape(-1, engine.N_COLUMNS)
    measures, (turnover, cost, count) = flat[:, : engine.N_FIGURES], flat[:, -3:].T
    spans = np.repeat(years, figures.shape[1])
    annual = np.divide(
        turnover, spans, out=np.full_like(turnover, np.nan), where=spans > 0
    )
    listed = [*measures.T, turnover, annual, cost, count]
    columns = dict(zip(SUMMARY_MEASURES, listed, strict=True))
    for name in (
        "max_drawdown_duration",
        "longest_underwater_days",
        "rebalancing_count",
    ):
        columns[name] = columns[name].astype(np.int64)
    return pd.DataFrame(columns, index=index)
