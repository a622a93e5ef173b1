"""Trading: turnover and cost, by rebalancing and in the course of time."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.series import (
    PathResult,
    Results,
    any_simulated,
    currency_of,
    curve,
    named_results,
)
from foresto_lab.figures.theme import (
    BLUE,
    PALETTE,
    date_axis,
    new_figure,
    say,
    year_axis,
)
from foresto_lab.labels import label, money, money_unit, rule_label


def turnover(result: PathResult, *, language: str = "ko") -> go.Figure:
    """Return one bar a rebalancing: the share of the portfolio that was traded."""
    events = result.events
    currency = currency_of(result)
    figure = new_figure(
        label("turnover_by_event", language),
        simulated=result.simulated,
        language=language,
    )
    if events.empty:
        return say(figure, label("no_events", language))
    figure.add_bar(
        **curve(events.set_index("event_date")["turnover"], 5),
        customdata=[
            [rule_label(detail, language), money(cost, language, currency)]
            for detail, cost in zip(
                events["trigger_detail"], events["cost_amount"], strict=True
            )
        ],
        marker={"color": BLUE, "line": {"width": 1, "color": BLUE}},
        name=label("turnover", language),
        hovertemplate=(
            "%{y:.2%} · %{customdata[0]}<br>"
            + label("cost", language)
            + " %{customdata[1]}<extra></extra>"
        ),
    )
    figure.update_yaxes(
        title_text=f"{label('turnover', language)} (%)", tickformat=".1~%"
    )
    figure.update_xaxes(range=[result.path.index[0], result.path.index[-1]])
    figure.update_layout(showlegend=False)
    date_axis(figure)
    return figure


def yearly_turnover(results: Results, *, language: str = "ko") -> go.Figure:
    """Return the turnover of each calendar year, a bar a result."""
    named = named_results(results, language)
    figure = new_figure(
        label("turnover_by_year", language),
        simulated=any_simulated(named.values()),
        language=language,
    )
    for position, (name, result) in enumerate(named.items()):
        years = _turnover_by_year(result)
        figure.add_bar(
            x=list(years.index),
            y=years.round(6).to_numpy(),
            name=name,
            marker={"color": PALETTE[position % len(PALETTE)]},
            hovertemplate="%{y:.2%}",
        )
    figure.update_yaxes(
        title_text=f"{label('turnover', language)} (%)", tickformat=".1~%"
    )
    year_axis(figure)
    figure.update_layout(showlegend=len(named) > 1, bargap=0.25)
    return figure


def _turnover_by_year(result: PathResult) -> pd.Series[float]:
    """Return the turnover by year, 0 in the years without a rebalancing."""
    dates = pd.DatetimeIndex(pd.to_datetime(result.events["event_date"]))
    traded = pd.Series(
        result.events["turnover"].astype(float).to_numpy(), index=dates.year
    )
    first, last = result.path.index[0].year, result.path.index[-1].year
    by_year = traded.groupby(level=0).sum()
    return by_year.reindex(range(first, last + 1), fill_value=0.0)


def cumulative_cost(results: Results, *, language: str = "ko") -> go.Figure:
    """Return the trading cost paid so far, one staircase a result."""
    named = named_results(results, language)
    currency = currency_of(next(iter(named.values())))
    curves = {name: _cost_so_far(result) for name, result in named.items()}
    largest = max(float(paid.max()) for paid in curves.values())
    scale, unit = money_unit(largest, language, currency)
    figure = new_figure(
        label("cumulative_cost", language),
        simulated=any_simulated(named.values()),
        language=language,
    )
    for position, (name, paid) in enumerate(curves.items()):
        figure.add_scatter(
            **curve(paid / scale, 4),
            name=name,
            mode="lines",
            line={
                "shape": "hv",
                "color": PALETTE[position % len(PALETTE)],
                "width": 1.6,
            },
            hovertemplate="%{y:,.2f} " + unit,
        )
    figure.update_yaxes(
        title_text=f"{label('cost', language)} ({unit})",
        tickformat=",~r",
        rangemode="tozero",
    )
    figure.update_layout(showlegend=len(named) > 1)
    date_axis(figure)
    return figure


def _cost_so_far(result: PathResult) -> pd.Series[float]:
    """Return the running cost at the first day, each rebalancing and the last day."""
    first, last = result.path.index[0], result.path.index[-1]
    dates = pd.to_datetime(result.events["event_date"])
    paid = pd.Series(
        result.events["cost_amount"].astype(float).to_numpy(), index=dates
    ).cumsum()
    total = float(paid.iloc[-1]) if len(paid) else 0.0
    ends = pd.Series([0.0, total], index=[first, last])
    joined = pd.concat([ends.iloc[:1], paid, ends.iloc[1:]])
    return joined[~joined.index.duplicated(keep="last")]
