"""The look that every figure shares: palette, template, marks.

Backgrounds are transparent and every colour stands out on white and on near-black
alike, so one figure serves a light page and a dark one; pages recolour text by CSS.
The hues follow Okabe and Ito's palette, which the colour-blind tell apart.

References
----------
Okabe, M. and Ito, K. (2008), Color Universal Design,
https://jfly.uni-koeln.de/color/. Departs from it in lightness, for dark pages.
"""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go

from foresto_lab.labels import label

BLUE: Final = "#2a86cc"
ORANGE: Final = "#d98a06"
GREEN: Final = "#0d9b74"
PURPLE: Final = "#b9679b"
VERMILION: Final = "#d95f1e"
SKY: Final = "#56a9dc"
OLIVE: Final = "#a39620"
GREY: Final = "#808895"

PALETTE: Final = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, OLIVE, GREY)
ASSET_COLOURS: Final = {
    "equity": BLUE,
    "bond": GREEN,
    "cash": GREY,
    "gold": ORANGE,
    "other": PURPLE,
    "uninvested": "#b3b9c4",
}
SEVERITY_COLOURS: Final = {"error": VERMILION, "warning": ORANGE, "info": SKY}
DIVERGING: Final = (
    (0.0, "rgba(217, 95, 30, 0.80)"),
    (0.5, "rgba(128, 136, 149, 0.04)"),
    (1.0, "rgba(42, 134, 204, 0.80)"),
)
"""From a loss to a gain through nothing: the middle lets the page shine through."""

INK: Final = "#6b7482"
GRID: Final = "rgba(128, 136, 149, 0.22)"
FONTS: Final = (
    "'Foresto Sans', Pretendard, 'Noto Sans KR', 'Apple SD Gothic Neo', "
    "'Malgun Gothic', system-ui, sans-serif"
)
HEIGHT: Final = 340

DATE_FORMATS: Final = (
    {"dtickrange": ["M12", None], "value": "%Y"},
    {"dtickrange": ["M1", "M12"], "value": "%Y-%m"},
    {"dtickrange": [None, "M1"], "value": "%m-%d"},
)


def _axis() -> go.layout.XAxis:
    return {
        "gridcolor": GRID,
        "linecolor": GRID,
        "zerolinecolor": "rgba(128, 136, 149, 0.55)",
        "automargin": True,
        "ticks": "",
        "title": {"font": {"size": 12}, "standoff": 8},
    }


def foresto_template() -> go.layout.Template:
    """Return the Plotly template of every figure; a copy, free to be changed."""
    return go.layout.Template(
        layout={
            "colorway": PALETTE,
            "font": {"family": FONTS, "size": 12, "color": INK},
            "title": {
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 10, "l": 4},
                "font": {"size": 15, "weight": 600},
                "subtitle": {"font": {"size": 12}},
            },
            "height": HEIGHT,
            "autosize": True,
            "margin": {"l": 8, "r": 12, "t": 52, "b": 8},
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "hovermode": "x unified",
            "hoverlabel": {"font": {"family": FONTS, "size": 12}},
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": -0.14,
                "yanchor": "top",
                "bgcolor": "rgba(0, 0, 0, 0)",
            },
            "xaxis": _axis() | {"showgrid": False, "hoverformat": "%Y-%m-%d"},
            "yaxis": _axis(),
            "dragmode": "zoom",
            "separators": ".,",
        }
    )


TEMPLATE: Final = foresto_template()


def new_figure(title: str, *, simulated: bool, language: str = "ko") -> go.Figure:
    """Return an empty figure in the shared look.

    Parameters
    ----------
    simulated : bool
        Made from simulated prices: the chart then says so.
    """
    figure = go.Figure(layout={"template": TEMPLATE, "title": {"text": title}})
    if simulated:
        mark_simulated(figure, language)
    return figure


def mark_simulated(
    figure: go.Figure, language: str = "ko", *, lift: int = 4
) -> go.Figure:
    """Write SIMULATED over a figure made from simulated prices; return it.

    The mark stands at the right above the plot, ``lift`` pixels up, clear of the data.
    """
    word = label("simulated", "en")
    here = label("simulated", language)
    figure.add_annotation(
        name="simulated",
        text=word if here == word else f"{here} · {word}",
        xref="paper",
        yref="paper",
        x=1,
        y=1,
        xanchor="right",
        yanchor="bottom",
        yshift=lift,
        showarrow=False,
        font={"size": 12, "weight": 700, "color": ORANGE},
    )
    return figure


def say(figure: go.Figure, sentence: str) -> go.Figure:
    """Write a sentence where there is nothing to draw; return the figure."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(height=150, showlegend=False)
    figure.add_annotation(
        text=sentence,
        xref="paper",
        yref="paper",
        x=0.5,
        y=0.5,
        showarrow=False,
        font={"size": 14},
    )
    return figure


def date_axis(figure: go.Figure) -> None:
    """Write dates as numbers, the same in every language."""
    figure.update_xaxes(type="date", tickformatstops=DATE_FORMATS)


def year_axis(figure: go.Figure) -> None:
    """Write whole years, as many as there is room for."""
    figure.update_xaxes(tickformat="d", tick0=2000, hoverformat="d")


def colour_of(asset: str, position: int) -> str:
    """Return an asset class's own colour, or the palette's for other names."""
    return ASSET_COLOURS.get(asset, PALETTE[position % len(PALETTE)])


def translucent(colour: str, alpha: float) -> str:
    """Return ``#rrggbb`` as ``rgba(...)``."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
