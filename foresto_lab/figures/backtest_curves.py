"""A backtest in the course of time: equity, drawdown, exposure, Sharpe, costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.backtest_path import (
    TIME_FORMATS,
    Backtests,
    any_simulated_backtest,
    currency_of_backtest,
    daily_path,
    ended_trades,
    hover_format,
    is_simulated,
    named_backtests,
    only_table,
    thinned,
)
from foresto_lab.figures.theme import (
    BLUE,
    GREY,
    ORANGE,
    PALETTE,
    PURPLE,
    VERMILION,
    date_axis,
    new_figure,
    say,
    translucent,
)
from foresto_lab.labels import label, money_unit
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult
    from foresto_lab.market.candle_table import CandleTable

_WINDOW: Final = 63
_FEWEST_DAYS: Final = 12
_STILL: Final = 1e-8
"""A deviation below this is rounding: nothing moved."""


def overview(result: BacktestResult, language: str = "ko") -> go.Figure:
    """Return equity beside buy and hold, and the drawdown below, in one figure."""
    figure = equity(result, language=language)
    figure.update_layout(title_text=label("equity_and_drawdown", language))
    index = result.equity.index
    figure.add_scatter(
        **thinned(index, result.equity["drawdown"].to_numpy()),
        yaxis="y2",
        name=label("drawdown", language),
        mode="lines",
        showlegend=False,
        line={"color": VERMILION, "width": 1},
        fill="tozeroy",
        fillcolor=translucent(VERMILION, 0.22),
        hovertemplate="%{y:.2%}",
    )
    axis = {
        "title": {"text": f"{label('drawdown', language)} (%)"},
        "tickformat": ".0%",
        "rangemode": "tozero",
        "domain": [0, 0.26],
        "nticks": 4,
    }
    figure.update_layout(yaxis_domain=[0.34, 1], yaxis2=axis, height=460)
    figure.update_xaxes(anchor="y2")
    return figure


def equity(results: Backtests, *, language: str = "ko") -> go.Figure:
    """Return the equity at every close; of one result, beside buy and hold.

    Buy and hold puts the initial capital into the symbol at the first close and pays
    no costs. Highs and lows are kept where there are more bars than pixels.
    """
    named = named_backtests(results)
    alone = len(named) == 1
    first = next(iter(named.values()))
    lines = {name: result.equity["equity"] for name, result in named.items()}
    held = buy_and_hold(first) if alone else None
    if alone:
        lines = {label("equity_curve", language): next(iter(lines.values()))}
    if held is not None:
        lines[label("buy_and_hold", language)] = held
    largest = max(float(line.max()) for line in lines.values())
    scale, unit = money_unit(largest, language, currency_of_backtest(first))
    figure = _figure("growth", named, language)
    if held is not None:
        figure.update_layout(title_text=label("equity_and_benchmark", language))
    for place, (name, line) in enumerate(lines.items()):
        benchmark = alone and place == 1
        figure.add_scatter(
            **thinned(line.index, line.to_numpy() / scale),
            name=name,
            mode="lines",
            line={
                "color": GREY if benchmark else PALETTE[place % len(PALETTE)],
                "width": 1.2 if benchmark else 1.7,
                "dash": "dot" if benchmark else "solid",
            },
            hovertemplate="%{y:,.2f} " + unit,
        )
    figure.add_hline(
        y=round(first.initial_capital / scale, 4),
        line={"color": translucent(BLUE, 0.5), "width": 1, "dash": "dot"},
    )
    figure.update_yaxes(
        title_text=f"{label('nav', language)} ({unit})", tickformat=",~r"
    )
    figure.update_layout(showlegend=len(lines) > 1)
    _time_axis(figure, first)
    return figure


def buy_and_hold(result: BacktestResult) -> pd.Series[float] | None:
    """Return what the initial capital had become in the symbol; None without candles.

    Bought at the first bar's close with all the money, without costs.
    """
    table = only_table(result)
    if table is None or len(table) != len(result.equity):
        return None
    grown = result.initial_capital * table.close / table.close[0]
    return pd.Series(grown, index=result.equity.index)


def underwater(results: Backtests, *, language: str = "ko") -> go.Figure:
    """Return the drawdown at every close: an area for one result, lines for several."""
    named = named_backtests(results)
    alone = len(named) == 1
    figure = _figure("underwater", named, language)
    for place, (name, result) in enumerate(named.items()):
        colour = VERMILION if alone else PALETTE[place % len(PALETTE)]
        figure.add_scatter(
            **thinned(result.equity.index, result.equity["drawdown"].to_numpy()),
            name=label("drawdown", language) if alone else name,
            mode="lines",
            line={"color": colour, "width": 1.2 if alone else 1.5},
            fill="tozeroy" if alone else None,
            fillcolor=translucent(colour, 0.22) if alone else None,
            hovertemplate="%{y:.2%}",
        )
    figure.update_yaxes(
        title_text=f"{label('drawdown', language)} (%)",
        tickformat=".0%",
        rangemode="tozero",
    )
    figure.update_layout(showlegend=not alone)
    _time_axis(figure, next(iter(named.values())))
    return figure


def rolling_sharpe(
    results: Backtests, *, window: int = _WINDOW, language: str = "ko"
) -> go.Figure:
    """Return the annualised Sharpe ratio of the last ``window`` daily returns.

    Days are UTC days with a bar; the risk-free rate is 0, the deviation has ddof 1,
    and the days in a year are counted over the whole span. A short span takes a
    quarter of its days as window. Windows in which nothing moved have no ratio.
    """
    named = named_backtests(results)
    paths = {name: daily_path(result) for name, result in named.items()}
    fewest = min(len(path.path) for path in paths.values())
    window = min(window, max(fewest // 4, 2))
    figure = _figure("rolling_sharpe", named, language)
    if fewest < _FEWEST_DAYS:
        return say(figure, label("too_few_days", language))
    span = label("days_window", language, days=window)
    figure.update_layout(title_text=f"{label('rolling_sharpe', language)} · {span}")
    for place, (name, path) in enumerate(paths.items()):
        rolled = path.path["daily_return"].iloc[1:].rolling(window)
        deviation = rolled.std()
        ratio = rolled.mean() / deviation.where(deviation > _STILL)
        ratio *= np.sqrt(path.sessions_per_year)
        figure.add_scatter(
            **thinned(ratio.index, ratio.to_numpy()),
            name=name if len(named) > 1 else label("sharpe", language),
            mode="lines",
            line={"color": PALETTE[place % len(PALETTE)], "width": 1.6},
            hovertemplate="%{y:.2f}",
        )
    figure.update_yaxes(title_text=label("sharpe", language), tickformat="~r")
    figure.update_layout(showlegend=len(named) > 1)
    date_axis(figure)
    return figure


def exposure(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return the position at each close to the equity, short below zero, leverage in.

    Without candles the position's margin and gain stand for its value.
    """
    figure = _figure("position_exposure", {"": result}, language)
    figure.add_scatter(
        **thinned(result.equity.index, _exposure(result, only_table(result))),
        name=label("exposure_axis", language),
        mode="lines",
        line={"color": BLUE, "width": 1, "shape": "hv"},
        fill="tozeroy",
        fillcolor=translucent(BLUE, 0.2),
        hovertemplate="%{y:.1%}",
    )
    figure.update_yaxes(
        title_text=f"{label('exposure_axis', language)} (%)",
        tickformat=".0%",
        rangemode="tozero",
    )
    figure.update_layout(showlegend=False)
    _time_axis(figure, result)
    return figure


def _exposure(result: BacktestResult, table: CandleTable | None) -> Float64Array1D:
    rows = result.equity
    equity_now = rows["equity"].to_numpy(dtype=np.float64)
    position = rows["position"].to_numpy(dtype=np.float64)
    if table is None:
        worth = rows["position_value"].to_numpy(dtype=np.float64) * np.sign(position)
    else:
        worth = position * table.close
    share = np.zeros(len(rows))
    np.divide(worth, equity_now, out=share, where=equity_now > 0.0)
    return share


def costs(result: BacktestResult, *, language: str = "ko") -> go.Figure:
    """Return fees, tax and funding paid so far, counted when a trade ends.

    Slippage is in the prices of the fills, not here.
    """
    trades = ended_trades(result)
    currency = currency_of_backtest(result)
    figure = _figure("costs_paid", {"": result}, language)
    if trades.empty:
        return say(figure, label("no_trades", language))
    paid = {name: trades[name].astype(float).cumsum() for name in _COSTS}
    paid = {name: so_far for name, so_far in paid.items() if (so_far != 0).any()}
    if not paid:
        paid = {"fees": trades["fees"].astype(float)}
    largest = max(float(so_far.abs().max()) for so_far in paid.values())
    scale, unit = money_unit(largest, language, currency)
    times = pd.DatetimeIndex(trades["exit_time"])
    for name, so_far in paid.items():
        figure.add_scatter(
            **thinned(times, so_far.to_numpy(dtype=np.float64) / scale),
            name=label(name, language),
            mode="lines",
            line={"shape": "hv", "color": _COSTS[name], "width": 1.6},
            hovertemplate="%{y:,.2f} " + unit,
        )
    figure.update_yaxes(
        title_text=f"{label('cost', language)} ({unit})",
        tickformat=",~r",
        rangemode="tozero",
    )
    figure.update_layout(showlegend=True)
    _time_axis(figure, result)
    figure.update_xaxes(range=_span(result))
    return figure


_COSTS: Final = {"fees": ORANGE, "tax": PURPLE, "funding": BLUE}


def _span(result: BacktestResult) -> list[str]:
    index = pd.DatetimeIndex(result.equity.index)[[0, -1]]
    return list(index.strftime("%Y-%m-%d %H:%M"))


def _figure(key: str, named: dict[str, Any], language: str) -> go.Figure:
    results = list(named.values())
    simulated = (
        is_simulated(results[0])
        if len(results) == 1
        else any_simulated_backtest(results)
    )
    return new_figure(label(key, language), simulated=simulated, language=language)


def _time_axis(figure: go.Figure, result: BacktestResult) -> None:
    """Write times as finely as the bars and the zoom are."""
    date_axis(figure)
    index = result.equity.index
    hover = hover_format(index)
    if hover != "%Y-%m-%d":
        figure.update_xaxes(tickformatstops=TIME_FORMATS, hoverformat=hover)
