"""What a report on backtests shows besides figures, and the facts that it claims."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import ForestoError, InputError, ReportVerificationError
from foresto_lab.figures.backtest_curves import buy_and_hold
from foresto_lab.figures.backtest_path import (
    currency_of_backtest,
    daily_path,
    is_simulated,
    strategy_name,
)
from foresto_lab.labels import (
    best_of,
    count,
    day,
    label,
    measure_text,
    money,
    percent,
    ratio,
)
from foresto_lab.reports.blocks import Block, head, tiles
from foresto_lab.reports.facts import fact_key, spark
from foresto_lab.reports.tables import Cell, findings, table
from foresto_lab.reports.trade_table import trades

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult, Execution
    from foresto_lab.findings import Finding
    from foresto_lab.lab import Lab

__all__ = [
    "StrategyRuns",
    "assumptions",
    "comparison",
    "comparison_cover",
    "cover",
    "findings_of",
    "key_figures",
    "metrics",
    "run_strategies",
    "trades",
]

TILES: Final = (
    "total_return",
    "benchmark_return",
    "cagr",
    "sharpe",
    "max_drawdown",
    "total_trades",
)
COMPARED: Final = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "max_drawdown_duration",
    "exposure",
    "total_trades",
    "win_rate",
    "profit_factor",
    "payoff_ratio",
    "sqn",
    "total_fees",
    "final_equity",
)


@dataclass(frozen=True, slots=True, eq=False)
class StrategyRuns:
    """Backtests of several strategies, and why others could not be run."""

    results: Mapping[str, BacktestResult]
    failures: Mapping[str, str] = field(default_factory=dict)


def run_strategies(
    lab: Lab, strategies: Sequence[str | Mapping[str, Any]], **options: Any
) -> StrategyRuns:
    """Backtest each strategy on the same candles; a refused one keeps its reason.

    Parameters
    ----------
    strategies : sequence
        Names or definitions; equal names are numbered.
    **options
        As ``lab.backtest`` takes them.

    Raises
    ------
    InputError
        No strategy was given, or none could be run.
    """
    results: dict[str, BacktestResult] = {}
    failures: dict[str, str] = {}
    for given in strategies:
        asked = given if isinstance(given, str) else given.get("name", "strategy")
        try:
            result = lab.backtest(given, **options)
        except ForestoError as error:
            failures[_unused(str(asked), failures)] = str(error)
        else:
            results[_unused(strategy_name(result), results)] = result
    if not results:
        reasons = " ".join(failures.values()) or "none was given."
        raise InputError(
            message=f"A comparison needs a strategy that can be run: {reasons}"
        )
    return StrategyRuns(results, failures)


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


# --- facts ------------------------------------------------------------------------


def backtest_numbers(result: BacktestResult) -> dict[str, Any]:
    """Return the numbers that a page claims: the metrics, and the symbol's own return.

    None where a number is undefined or infinite, which JSON has no form for.
    """
    numbers = {str(name): _plain(value) for name, value in result.metrics.items()}
    held = buy_and_hold(result)
    grown = None if held is None else held.iloc[-1] / result.initial_capital - 1.0
    return {
        **numbers,
        "initial_capital": float(result.initial_capital),
        "benchmark_return": _plain(grown),
    }


def _plain(value: Any) -> float | int | None:
    plain = value.item() if hasattr(value, "item") else value
    unknown = isinstance(plain, float) and not math.isfinite(plain)
    return None if plain is None or unknown else plain


def backtest_facts(lab: Lab, result: BacktestResult) -> dict[str, Any]:
    """Return what is claimed of a backtest and what it takes to run it again."""
    index = result.equity.index
    facts: dict[str, Any] = {
        "kind": "backtest",
        "run_id": result.run_id,
        "request_hash": result.request_hash,
        "simulated": is_simulated(result),
        "strategy": _strategy_words(result),
        "currency": currency_of_backtest(result),
        "first_date": day(index[0]),
        "last_date": day(index[-1]),
        "numbers": backtest_numbers(result),
        "spark": spark(daily_path(result).path["nav"].tolist()),
        "request": None,
        "data_version": None,
    }
    if result.run_id is not None:
        record = lab.run_record(result.run_id)
        facts |= {
            "request": dict(record.request),
            "data_version": record.data_version,
            "engine_version": record.engine_version,
            "git_commit": record.git_commit,
            "created_at": f"{record.created_at:%Y-%m-%dT%H:%M:%SZ}",
        }
    return facts


def _strategy_words(result: BacktestResult) -> str:
    version = getattr(result.strategy, "version", "")
    return f"{strategy_name(result)} {version}".strip()


def rerun_backtest(
    lab: Lab, recorded: Mapping[str, Any], data_version: str
) -> BacktestResult:
    """Return the backtest of a recorded request on a recorded state of the candles.

    Raises
    ------
    ForestoError
        That state of the candles, or the strategy's code, is not here any more.
    """
    from foresto_lab.backtest import Execution, backtest
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.backtest_request import BacktestRequest

    request = BacktestRequest.from_dict(recorded)
    data = BacktestData(lab.storage.candles, lab.storage.series)
    strategy = lab._rebuild(request)
    if strategy is None or strategy.checksum != request.strategy_checksum:
        raise ReportVerificationError(
            path=request.strategy_name,
            reason=f"the code of version {request.strategy_version} is not in the "
            "registry as it ran.",
        )
    tables = data.load(request, data_version)
    finer = data.load_finer(request, data_version)
    execution = replace(Execution.from_dict(request.execution), finer=finer)
    candles: Any = tables if len(tables) > 1 else next(iter(tables.values()))
    return backtest(
        candles, strategy, execution, initial_capital=request.initial_capital
    )


# --- blocks -----------------------------------------------------------------------


def cover(lab: Lab, result: BacktestResult, *, language: str = "ko") -> Block:
    """Return the head of a report on one backtest, with the facts it claims."""
    title = f"{strategy_name(result)} {label('report_backtest', language)}"
    return _cover(lab, title, [result], _strategy_words(result), language)


def comparison_cover(lab: Lab, runs: StrategyRuns, *, language: str = "ko") -> Block:
    """Return the head of a report on several strategies, with the facts it claims."""
    results = list(runs.results.values())
    words = label("strategies_compared", language, count=len(results))
    title = label("report_strategy_comparison", language)
    return _cover(lab, title, results, words, language)


def _cover(
    lab: Lab, title: str, results: Sequence[BacktestResult], words: str, language: str
) -> Block:
    first = results[0]
    index = first.equity.index
    span = f"{day(index[0])} ~ {day(index[-1])}"
    facts = {
        "title": title,
        "period": span,
        "runs": [backtest_facts(lab, result) for result in results],
    }
    line = [
        ", ".join(first.symbols),
        str(first.timeframe or ""),
        span,
        words,
        money(first.initial_capital, language, currency_of_backtest(first)),
    ]
    simulated = any(is_simulated(result) for result in results)
    return head(title, [part for part in line if part], facts, simulated, language)


def key_figures(result: BacktestResult, *, language: str = "ko") -> Block:
    """Return the main numbers of a backtest as tiles."""
    numbers = backtest_numbers(result)
    return tiles(
        {name: numbers[name] for name in TILES},
        request_hash=result.request_hash,
        currency=currency_of_backtest(result),
        language=language,
    )


def metrics(result: BacktestResult, *, language: str = "ko") -> Block:
    """Return every metric of a backtest."""
    rows = [
        [Cell(label(name, language)), _measured(name, value, result, language)]
        for name, value in backtest_numbers(result).items()
    ]
    headings = [label("measure", language), label("value", language)]
    return table(headings, rows, kind="two-columns")


def _measured(
    name: str, value: Any, result: BacktestResult, language: str, *, best: bool = False
) -> Cell:
    text = measure_text(name, value, language, currency_of_backtest(result))
    fact = fact_key(result.request_hash, name)
    return Cell(text, number=True, fact=fact, best=best)


def comparison(runs: StrategyRuns, *, language: str = "ko") -> Block:
    """Return strategies side by side, one a column, the best of each metric marked.

    Below it stands why the others could not be run.
    """
    numbers = {name: backtest_numbers(one) for name, one in runs.results.items()}
    rows = []
    for measure in COMPARED:
        best = best_of(measure, [figures[measure] for figures in numbers.values()])
        cells = [
            _measured(
                measure, numbers[name][measure], result, language, best=place in best
            )
            for place, (name, result) in enumerate(runs.results.items())
        ]
        rows.append([Cell(label(measure, language)), *cells])
    headings = [label("measure", language), *runs.results]
    shown = table(headings, rows, note=label("best_note", language), kind="comparison")
    if not runs.failures:
        return shown
    items = "".join(
        f"<li><b>{escape(name)}</b>: {escape(reason)}</li>"
        for name, reason in runs.failures.items()
    )
    words = label("not_run", language)
    return Block(f"{shown.html}<h3>{escape(words)}</h3><ul>{items}</ul>", shown.text)


def findings_of(runs: StrategyRuns, *, language: str = "ko") -> Block:
    """Return the findings of several backtests, each once."""
    every: dict[tuple[str, str, str], Finding] = {}
    for result in runs.results.values():
        for finding in result.findings:
            every[finding.code, finding.where, finding.message] = finding
    return findings(list(every.values()), language=language)


def assumptions(result: BacktestResult, *, language: str = "ko") -> Block:
    """Return how orders were filled, what they cost and how large they were."""
    rows = [
        [Cell(label(name, language)), Cell(text)]
        for name, text in _assumptions(result, language).items()
    ]
    headings = [label("assumption", language), label("value", language)]
    return table(headings, rows, caption=label("assumptions", language))


def _assumptions(result: BacktestResult, language: str) -> dict[str, str]:
    execution = result.execution
    risk = getattr(result.strategy, "risk", None)
    joined = risk if risk is None else execution.risk_with(risk)
    maker = execution.maker_fee_rate
    shown = {
        "fill": label(f"fill_{execution.fill}", language),
        "fee_rate": _rate(execution.fee_rate),
        "maker_fee_rate": "" if maker is None else _rate(maker),
        "slippage": label(
            "basis_points", language, value=ratio(execution.slippage_bps, 1)
        ),
        "sell_tax_rate": _tax_words(execution),
        "on_opposite": label(f"opposite_{execution.on_opposite}", language),
        "shorts": label(
            "allowed" if execution.allow_short else "not_allowed", language
        ),
        "lot_size": (
            f"{execution.lot_size:g}"
            if execution.lot_size
            else label("fractional", language)
        ),
    }
    if joined is not None:
        shown["leverage"] = label("times", language, value=f"{joined.leverage:g}")
        shown["sizing"] = _sizing_words(joined.sizing, language)
        for name in ("stop_loss", "take_profit", "trailing_stop"):
            value = getattr(joined, name)
            shown[name] = "" if value is None else percent(value)
        if joined.time_stop is not None:
            bars = count(joined.time_stop)
            shown["time_stop"] = label("bars_unit", language, value=bars)
    return {name: text for name, text in shown.items() if text}


def _rate(value: float) -> str:
    return percent(value, 3 if round(value, 4) != value else 2)


def _tax_words(execution: Execution) -> str:
    rates = execution.sell_tax_rate
    if not isinstance(rates, Mapping):
        return _rate(rates)
    return ", ".join(f"{since}: {_rate(rate)}" for since, rate in rates.items())


def _sizing_words(sizing: Any, language: str) -> str:
    """Return a size as its name and its numbers."""
    from foresto_lab.strategies.sizing import sizing_to_dict

    plain = dict(sizing_to_dict(sizing))
    words = [label(f"sizing_{plain.pop('type')}", language)]
    words += [
        f"{value:,g}" if name in _PLAIN_SIZES else percent(value)
        for name, value in plain.items()
        if value is not None
    ]
    return " ".join(words)


_PLAIN_SIZES: Final = frozenset({"amount", "lookback"})
