"""Data quality: what there is of each symbol, and what the rules found."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.finding_words import finding_name
from foresto_lab.figures.theme import (
    BLUE,
    SEVERITY_COLOURS,
    date_axis,
    new_figure,
    say,
)
from foresto_lab.findings import Finding
from foresto_lab.labels import label

_BAR_HEIGHT = 30


def coverage(
    rows: pd.DataFrame, *, simulated: bool = False, language: str = "ko"
) -> go.Figure:
    """Return one bar a symbol, from its first date to its last.

    Parameters
    ----------
    rows : columns ``symbol, first_date, last_date, row_count``
    """
    figure = new_figure(
        label("coverage", language), simulated=simulated, language=language
    )
    first = pd.to_datetime(rows["first_date"])
    last = pd.to_datetime(rows["last_date"])
    spans = (last - first).dt.days * 86_400_000
    unit = label("row_count", language)
    figure.add_bar(
        base=first,
        x=spans,
        y=rows["symbol"].astype(str),
        orientation="h",
        marker={"color": BLUE},
        customdata=[
            [f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}", f"{count:,}"]
            for begin, end, count in zip(first, last, rows["row_count"], strict=True)
        ],
        hovertemplate=(
            "%{y} · %{customdata[0]} – %{customdata[1]}"
            f"<br>{unit} %{{customdata[2]}}<extra></extra>"
        ),
    )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(
        height=110 + _BAR_HEIGHT * max(len(rows), 2),
        hovermode="closest",
        bargap=0.35,
        showlegend=False,
    )
    date_axis(figure)
    return figure


def findings_by_rule(
    findings: Sequence[Finding], *, simulated: bool = False, language: str = "ko"
) -> go.Figure:
    """Return the number of rows that each rule found, coloured by severity."""
    figure = new_figure(
        label("quality_findings", language), simulated=simulated, language=language
    )
    counts: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (str(finding.severity), finding.code)
        counts[key] = counts.get(key, 0) + finding.count
    if not counts:
        return say(figure, label("no_findings", language))
    for severity, colour in SEVERITY_COLOURS.items():
        codes = [code for grade, code in counts if grade == severity]
        if codes:
            figure.add_bar(
                x=[counts[severity, code] for code in codes],
                y=[finding_name(code, language) for code in codes],
                orientation="h",
                name=label(severity, language),
                marker={"color": colour},
                hovertemplate="%{y} · %{x:,}<extra></extra>",
            )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_xaxes(
        title_text=label("row_count", language), tickformat=",d", rangemode="tozero"
    )
    figure.update_layout(
        height=150 + _BAR_HEIGHT * max(len(counts), 2),
        hovermode="closest",
        barmode="stack",
        showlegend=True,
        legend_y=-0.4,
    )
    return figure
