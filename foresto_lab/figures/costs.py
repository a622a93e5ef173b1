"""Costs and taxes drawn: what was paid each year, part by part."""

from __future__ import annotations

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.series import PathResult, any_simulated, currency_of
from foresto_lab.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    OLIVE,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    new_figure,
    say,
    year_axis,
)
from foresto_lab.labels import label, money, money_unit, percent

PREFIX: Final = "cost_"
COLOURS: Final = {
    "cost_commission": BLUE,
    "cost_spread": SKY,
    "cost_impact": OLIVE,
    "cost_currency_conversion": GREY,
    "cost_transaction_tax": ORANGE,
    "cost_distribution_tax": PURPLE,
    "cost_capital_gains_tax": VERMILION,
    "cost_management_fee": GREEN,
    "cost": BLUE,
}
"""A colour for each part; what the broker and the market take is blue and green."""


def costs_by_year(result: PathResult, *, language: str = "ko") -> go.Figure:
    """Return a bar a year, its parts stacked: trading, taxes, fees.

    Beneath the pointer each part is also told as a fraction of the year's average
    value. Parts that cost nothing are left out.
    """
    figure = new_figure(
        label("costs_by_year", language),
        simulated=any_simulated([result]),
        language=language,
    )
    paid = yearly_costs(result)
    if not paid.to_numpy().any():
        return say(figure, label("no_costs", language))
    currency = currency_of(result)
    largest = float(paid.clip(lower=0.0).sum(axis=1).max())
    scale, unit = money_unit(largest, language, currency)
    average = result.path["nav"].groupby(_years(result.path)).mean().to_dict()
    for part in paid.columns:
        amounts = paid[part]
        figure.add_bar(
            x=list(paid.index),
            y=(amounts / scale).round(4).to_numpy(),
            name=label(part, language),
            marker={"color": COLOURS.get(part, GREY)},
            customdata=[
                [money(amount, language, currency), percent(amount / average[year], 3)]
                for year, amount in amounts.items()
            ],
            hovertemplate="%{customdata[0]} (%{customdata[1]})",
        )
    missing = _not_dated(result, paid)
    if missing > 0.0:
        told = money(missing, language, currency)
        figure.update_layout(
            title_subtitle_text=label("costs_not_dated", language, amount=told),
            margin_t=70,
        )
    figure.update_yaxes(title_text=unit, tickformat=",~r")
    year_axis(figure)
    figure.update_layout(barmode="relative", bargap=0.25, showlegend=True)
    return figure


def yearly_costs(result: PathResult) -> pd.DataFrame:
    """Return what was paid by calendar year (rows) and part (columns), in money.

    Every session's payments where the result keeps them (``ledger``); of a restored
    run, what its trades cost. A plain simulation has the one column ``cost``. Years
    without a cost are 0; parts that cost nothing are left out.
    """
    ledger = getattr(result, "ledger", None)
    if ledger is None:
        ledger = _of_events(result.events)
    parts = [name for name in ledger.columns if str(name).startswith(PREFIX)]
    if not parts:
        parts = ["cost"]
    first, *_, last = _years(result.path)
    by_year: pd.DataFrame = ledger[parts].groupby(_years(ledger)).sum()
    by_year = by_year.reindex(range(first, last + 1), fill_value=0.0)
    return by_year.loc[:, (by_year != 0.0).any()]


def _not_dated(result: PathResult, paid: pd.DataFrame) -> float:
    """Return what the summary counts beyond the years' costs: fees of a stored run."""
    summary = result.summary
    parts = [float(summary[part]) for part in COLOURS if part in summary]
    more = sum(parts) - float(paid.to_numpy().sum())
    return more if parts and more > 1e-6 * sum(parts) else 0.0


def _years(table: pd.DataFrame) -> pd.Index[int]:
    return pd.DatetimeIndex(table.index).year


def _of_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return the costs of rebalancings by date, in parts where they are told."""
    dates = pd.DatetimeIndex(pd.to_datetime(events["event_date"]), name="date")
    parts = [
        name for name in events.columns if name in COLOURS and name.startswith(PREFIX)
    ]
    if parts:
        return events[parts].astype(float).set_axis(dates, axis=0)
    return pd.DataFrame({"cost": events["cost_amount"].astype(float).to_numpy()}, dates)
