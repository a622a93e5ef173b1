"""Studies of rebalancing: growth, differences, their parts, and the base day's luck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.series import curve
from foresto_lab.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALETTE,
    VERMILION,
    date_axis,
    new_figure,
    say,
    translucent,
    year_axis,
)
from foresto_lab.labels import label, money, money_unit, percent
from foresto_lab.scenarios.study_words import rule_words

if TYPE_CHECKING:
    from foresto_lab.scenarios.counterfactuals import RebalancingStudy
    from foresto_lab.scenarios.timing_luck import TimingLuck

PART_COLOURS: Final = {
    "return_effect": BLUE,
    "carried_effect": GREEN,
    "cost_effect": VERMILION,
    "flow_effect": GREY,
}
_MOST_BARS: Final = 60
_DATES: Final = 5
_ROW: Final = 58
_GOLDEN: Final = (5**0.5 - 1) / 2


def growth(study: RebalancingStudy, *, language: str = "ko") -> go.Figure:
    """Return the value under each rule over time; no rebalancing is grey."""
    scale, unit = money_unit(
        float(study.paths.to_numpy().max()), language, study.currency
    )
    figure = new_figure(
        label("study_growth", language), simulated=study.simulated, language=language
    )
    for name, colour in _colours(study).items():
        dash = "dot" if name == study.baseline else "solid"
        figure.add_scatter(
            **curve(study.paths[name] / scale, 4),
            name=rule_words(name, language),
            mode="lines",
            line={"color": colour, "width": 1.7, "dash": dash},
            hovertemplate="%{y:,.2f} " + unit,
        )
    figure.update_yaxes(title_text=f"{label('nav', language)} ({unit})")
    figure.update_yaxes(tickformat=",~r")
    figure.update_layout(height=400)
    date_axis(figure)
    return figure


def differences(study: RebalancingStudy, *, language: str = "ko") -> go.Figure:
    """Return how far each rule's value lies from no rebalancing, over time."""
    gaps = study.paths[list(study.compared)].sub(study.paths[study.baseline], axis=0)
    scale, unit = money_unit(
        float(gaps.abs().to_numpy().max()), language, study.currency
    )
    figure = new_figure(
        label("study_difference", language),
        simulated=study.simulated,
        language=language,
    )
    colours = _colours(study)
    for name in study.compared:
        figure.add_scatter(
            **curve(gaps[name] / scale, 4),
            name=rule_words(name, language),
            mode="lines",
            line={"color": colours[name], "width": 1.7},
            hovertemplate="%{y:+,.2f} " + unit,
        )
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    figure.update_yaxes(
        title_text=f"{label('study_difference', language)} ({unit})", tickformat=",~r"
    )
    figure.update_layout(height=400)
    date_axis(figure)
    return figure


def attribution(study: RebalancingStudy, *, language: str = "ko") -> go.Figure:
    """Return what each rule's difference is made of: stacked, their sum marked."""
    parts = pd.DataFrame({name: study.attribution(name) for name in study.compared})
    scale, unit = money_unit(
        float(parts.abs().to_numpy().max()), language, study.currency
    )
    figure = new_figure(
        label("study_parts_by_rule", language),
        simulated=study.simulated,
        language=language,
    )
    names = [_broken(rule_words(name, language), 8) for name in parts.columns]
    _add_parts(figure, names, parts.T / scale, unit, language)
    figure.update_yaxes(title_text=unit, tickformat=",~r")
    figure.update_xaxes(type="category", tickangle=0, automargin=True)
    figure.update_layout(height=400, bargap=0.45)
    return figure


def event_parts(
    study: RebalancingStudy,
    rule: str,
    *,
    language: str = "ko",
) -> go.Figure:
    """Return what each trade of a rule did until the next, as stacked parts.

    A rule of very many trades has a bar a year instead.
    """
    events = study.events(rule)
    by_year = len(events) > _MOST_BARS
    key = "study_parts_by_year" if by_year else "study_events"
    figure = new_figure(
        label(key, language, rule=rule_words(rule, language)),
        simulated=study.simulated,
        language=language,
    )
    if events.empty:
        return say(figure, label("study_no_trades", language))
    table = study.by_year(rule) if by_year else events.set_index("event_date")
    shown = [part for part in PART_COLOURS if part in study.attribution(rule)]
    table = table[[*shown, "difference"]]
    scale, unit = money_unit(
        float(table.abs().to_numpy().max()), language, study.currency
    )
    if by_year:
        _add_parts(figure, list(table.index), table / scale, unit, language)
        year_axis(figure)
    else:
        dates = [f"{date:%Y-%m-%d}" for date in table.index]
        _add_parts(figure, dates, table / scale, unit, language)
        shown_dates = dates[:: max(1, -(-len(dates) // _DATES))]
        figure.update_xaxes(
            type="category",
            tickvals=shown_dates,
            ticktext=[date[:7] for date in shown_dates],
            tickangle=0,
        )
    figure.update_yaxes(title_text=unit, tickformat=",~r")
    figure.update_layout(height=380, bargap=0.25)
    return figure


def parts_over_time(
    study: RebalancingStudy,
    rule: str,
    *,
    language: str = "ko",
) -> go.Figure:
    """Return how the parts of a rule's difference grew, one curve a part."""
    parts = study.parts(rule)
    shown = [part for part in PART_COLOURS if part in study.attribution(rule)]
    largest = float(parts[[*shown, "difference"]].abs().to_numpy().max())
    scale, unit = money_unit(largest, language, study.currency)
    figure = new_figure(
        label("study_parts_of", language, rule=rule_words(rule, language)),
        simulated=study.simulated,
        language=language,
    )
    for part in shown:
        figure.add_scatter(
            **curve(parts[part] / scale, 4),
            name=label(f"study_{part}", language),
            mode="lines",
            line={"color": PART_COLOURS[part], "width": 1.5},
            hovertemplate="%{y:+,.2f} " + unit,
        )
    figure.add_scatter(
        **curve(parts["difference"] / scale, 4),
        name=label("study_total", language),
        mode="lines",
        line={"color": INK, "width": 2.2},
        hovertemplate="%{y:+,.2f} " + unit,
    )
    figure.update_yaxes(title_text=unit, tickformat=",~r")
    figure.update_layout(height=380)
    date_axis(figure)
    return figure


def timing_luck(
    luck: TimingLuck, *, measure: str = "cagr", language: str = "ko"
) -> go.Figure:
    """Return each rule's base days as points over a box, the chosen one marked.

    Parameters
    ----------
    measure : {"cagr", "volatility", "max_drawdown", "final_nav"}
    """
    in_money = measure == "final_nav"
    figure = new_figure(
        label("study_luck_of", language, measure=label(measure, language)),
        simulated=luck.simulated,
        language=language,
    )
    names = list(luck.rules)
    of_measure = luck.summary.index.get_level_values("measure") == measure
    rows = luck.summary[of_measure].droplevel("measure")
    scale, unit = (
        money_unit(float(rows["maximum"].max()), language, luck.currency)
        if in_money
        else (1.0, "")
    )
    _add_boxes(figure, rows, scale)
    for place, name in enumerate(names):
        _add_days(figure, luck, name, place, measure, scale, language)
    _add_marks(figure, rows, scale, language)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[_broken(rule_words(name, language)) for name in names],
        range=[len(names) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(
        title_text=f"{label(measure, language)}{f' ({unit})' if unit else ''}",
        tickformat=",~r" if in_money else ".2~%",
        showgrid=True,
        nticks=6,
    )
    figure.update_layout(
        height=150 + _ROW * len(names), hovermode="closest", legend={"y": -0.2}
    )
    return figure


def _colours(study: RebalancingStudy) -> dict[str, str]:
    colours = {study.baseline: GREY}
    for position, name in enumerate(study.compared):
        colours[name] = PALETTE[position % (len(PALETTE) - 1)]
    return colours


def _add_parts(
    figure: go.Figure,
    places: list[str] | list[int],
    table: pd.DataFrame,
    unit: str,
    language: str,
) -> None:
    """Draw the parts as bars on each other, and a mark at their sum."""
    for part, colour in PART_COLOURS.items():
        if part not in table.columns:
            continue
        figure.add_bar(
            x=places,
            y=table[part].to_numpy().round(4),
            name=label(f"study_{part}", language),
            marker={"color": translucent(colour, 0.82), "line": {"width": 0}},
            hovertemplate="%{y:+,.2f} " + unit,
        )
    figure.add_scatter(
        x=places,
        y=table["difference"].to_numpy().round(4),
        name=label("study_total", language),
        mode="markers",
        marker={
            "symbol": "diamond",
            "size": 9 if len(places) < 20 else 6,
            "color": INK,
            "line": {"width": 1, "color": "white"},
        },
        hovertemplate="%{y:+,.2f} " + unit,
    )
    figure.update_layout(barmode="relative")


def _add_boxes(figure: go.Figure, rows: pd.DataFrame, scale: float) -> None:
    columns = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
    low, first, middle, third, high = (rows[name] / scale for name in columns)
    figure.add_box(
        y=list(range(len(rows))),
        lowerfence=low,
        q1=first,
        median=middle,
        q3=third,
        upperfence=high,
        orientation="h",
        width=0.5,
        line={"color": translucent(GREY, 0.9), "width": 1},
        fillcolor=translucent(GREY, 0.18),
        hoverinfo="skip",
        showlegend=False,
    )


def _add_days(
    figure: go.Figure,
    luck: TimingLuck,
    name: str,
    place: int,
    measure: str,
    scale: float,
    language: str,
) -> None:
    """Draw a rule's base days, each a little off the line so that all are seen."""
    days = luck.of(name)
    values = days[measure].to_numpy() / scale
    spread = (np.arange(len(days)) * _GOLDEN) % 1.0
    in_money = measure == "final_nav"
    backwards = "LAST_TRADING_DAY" in luck.rules[name].label
    key = "study_offset_back" if backwards else "study_offset"
    written = [
        money(v * scale, language, luck.currency) if in_money else percent(v)
        for v in values
    ]
    figure.add_scatter(
        x=values,
        y=np.round(place + 0.36 * (spread - 0.5), 3),
        mode="markers",
        name=label("study_each_day", language),
        showlegend=place == 0,
        legendgroup="days",
        marker={"size": 5, "color": translucent(BLUE, 0.55)},
        customdata=[
            [label(key, language, offset=int(offset)), text]
            for offset, text in zip(days.index, written, strict=True)
        ],
        hovertemplate=rule_words(name, language)
        + "<br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )


def _add_marks(
    figure: go.Figure, rows: pd.DataFrame, scale: float, language: str
) -> None:
    """Mark the chosen base day of each rule, and money spread over all of them."""
    marks = (
        ("tranched", "study_tranched", "line-ns", 22, INK, 2.4),
        ("chosen", "study_chosen", "diamond", 12, ORANGE, 1.0),
    )
    for column, key, symbol, size, colour, width in marks:
        edge = colour if symbol.startswith("line") else "white"
        ranks = [
            label("study_of_days", language, rank=rank, days=days)
            for rank, days in zip(rows["rank"], rows["base_days"], strict=True)
        ]
        told = column == "chosen"
        figure.add_scatter(
            x=rows[column] / scale,
            y=list(range(len(rows))),
            mode="markers",
            name=label(key, language),
            marker={
                "symbol": symbol,
                "size": size,
                "color": colour,
                "line": {"width": width, "color": edge},
            },
            customdata=ranks if told else [""] * len(rows),
            hovertemplate=label(key, language)
            + " %{x}"
            + (" · %{customdata}" if told else "")
            + "<extra></extra>",
        )


def _broken(words: str, longest: int = 12) -> str:
    """Return long words on two lines, so that a narrow page keeps room to draw."""
    if len(words) <= longest:
        return words
    if ", " in words:
        return words.replace(", ", ",<br>", 1)
    return "<br>".join(words.rsplit(" ", 1))
