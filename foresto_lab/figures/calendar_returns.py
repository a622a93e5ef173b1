"""Calendar returns: months as a heat map, years as bars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from foresto_lab.figures.series import (
    PathResult,
    Results,
    any_simulated,
    named_results,
    period_returns,
)
from foresto_lab.figures.theme import (
    DIVERGING,
    PALETTE,
    VERMILION,
    new_figure,
    year_axis,
)
from foresto_lab.labels import label, month_label

_ROW_HEIGHT = 26
_ABOVE_MONTHS = 24


def monthly_heatmap(result: PathResult, *, language: str = "ko") -> go.Figure:
    """Return each month's return in percent, one row a year, the year's at the right.

    On a narrow page the cells drop their decimals (``meta.narrow`` says how).
    """
    months = period_returns(result.path["nav"], "M") * 100
    years = period_returns(result.path["nav"], "Y") * 100
    rows = [str(year) for year in pd.PeriodIndex(years.index).year]
    grid = np.full((len(rows), 12), np.nan)
    dates = pd.PeriodIndex(months.index)
    grid[dates.year - dates.year[0], dates.month - 1] = months.round(2)
    figure = new_figure(
        f"{label('monthly_returns', language)} (%)",
        simulated=result.simulated,
        language=language,
    )
    names = [month_label(month, language) for month in range(1, 13)]
    whole = label("whole_year", language)
    _add_cells(figure, grid, names, rows, "x")
    _add_cells(figure, years.to_numpy()[:, None].round(2), [whole], rows, "x2")
    figure.update_layout(
        height=96 + _ROW_HEIGHT * len(rows),
        hovermode="closest",
        xaxis={"domain": [0, 0.9], "side": "top", "type": "category"},
        xaxis2={"domain": [0.915, 1], "side": "top", "type": "category"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        margin={"t": 78},
        meta={"narrow": {"texttemplate": "%{z:.0f}"}},
    )
    figure.update_xaxes(showgrid=False, tickangle=0, tickfont={"size": 11})
    figure.update_annotations(selector={"name": "simulated"}, yshift=_ABOVE_MONTHS)
    return figure


def _add_cells(
    figure: go.Figure, grid: np.ndarray, columns: list[str], rows: list[str], axis: str
) -> None:
    """Add one heat map, coloured alike for gains and losses of the same size."""
    bound = float(np.nanmax(np.abs(grid))) or 1.0
    figure.add_heatmap(
        z=grid,
        x=columns,
        y=rows,
        xaxis=axis,
        colorscale=DIVERGING,
        zmin=-bound,
        zmax=bound,
        xgap=1,
        ygap=1,
        showscale=False,
        texttemplate="%{z:.1f}",
        textfont={"size": 11},
        hoverongaps=False,
        hovertemplate="%{y} · %{x}<br>%{z:+.2f}%<extra></extra>",
    )


def annual_bars(results: Results, *, language: str = "ko") -> go.Figure:
    """Return each calendar year's return, a bar a result; losses stand out if alone."""
    named = named_results(results, language)
    figure = new_figure(
        label("annual_returns", language),
        simulated=any_simulated(named.values()),
        language=language,
    )
    for position, (name, result) in enumerate(named.items()):
        years = period_returns(result.path["nav"], "Y").round(6)
        colour = PALETTE[position % len(PALETTE)]
        alone = [VERMILION if value < 0 else colour for value in years]
        figure.add_bar(
            x=pd.PeriodIndex(years.index).year,
            y=years.to_numpy(),
            name=name,
            marker={"color": alone if len(named) == 1 else colour},
            hovertemplate="%{y:+.2%}" + ("<extra></extra>" if len(named) == 1 else ""),
        )
    figure.update_yaxes(title_text=f"{label('return', language)} (%)", tickformat=".0%")
    year_axis(figure)
    figure.update_layout(showlegend=len(named) > 1, bargap=0.25)
    return figure
