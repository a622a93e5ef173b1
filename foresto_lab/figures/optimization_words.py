"""Words and formats of a search's figures: values, metrics, names, how many shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from foresto_lab.labels import MEASURES, MISSING, count, label, measure_text, ratio
from foresto_lab.optimize.evaluation import ALIASES

_WIDE: Final = 58
_WIDE_HANGUL: Final = 34


def value_text(value: Any) -> str:
    """Return a parameter's value, short: 0.30000000000000004 is ``0.3``."""
    if value is None or value != value:
        return MISSING
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | float | np.number
    ):
        return choice_text(value)
    number = float(value)
    if number.is_integer() and abs(number) < 1e15:
        return f"{number:,.0f}"
    return f"{number:.4g}" if abs(number) < 1000 else f"{number:,.1f}"


def choice_text(value: Any) -> str:
    """Return a choice's value as text; nothing as a dash."""
    if value is None or value != value:
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"


def parameters_text(parameters: Mapping[str, Any]) -> str:
    """Return parameters in a line: ``fast_period 10, slow_period 50``."""
    return ", ".join(
        f"{name} {value_text(value)}" for name, value in parameters.items()
    )


def metric_words(name: str, language: str) -> str:
    """Return what a metric is called; one of the user's own by its name."""
    known = ALIASES.get(name, name)
    return label(known, language) if known in MEASURES else name


def metric_text(name: str, value: Any, language: str, currency: str = "KRW") -> str:
    """Return a metric's value with its unit; of a name unknown, as a ratio."""
    known = ALIASES.get(name, name)
    if known in MEASURES and MEASURES[known].style != "text":
        return measure_text(known, value, language, currency)
    return ratio(value)


def metric_format(name: str) -> str:
    """Return the d3 format of a metric on an axis or in a cell."""
    known = MEASURES.get(ALIASES.get(name, name))
    style = "ratio" if known is None else known.style
    return {"percent": ".1%", "money": ",.3~s", "count": ",.0f", "days": ",.0f"}.get(
        style, ",.2f"
    )


def axis_format(name: str) -> str:
    """Return the d3 format of a metric's ticks: no more digits than they need."""
    return {".1%": ".2~%", ",.2f": ",~r"}.get(metric_format(name), metric_format(name))


def broken_name(name: str, longest: int = 11) -> str:
    """Return a parameter's name on as many lines as a narrow page asks for."""
    lines: list[str] = []
    for part in _name_parts(short_name(name)):
        if lines and len(lines[-1]) + len(part) <= longest:
            lines[-1] += part
        else:
            lines.append(part)
    return "<br>".join(line.strip() for line in lines)


def short_name(name: str, longest: int = 28) -> str:
    """Return a path into JSON without its middle; other names as they are."""
    if len(name) <= longest:
        return name
    first, last = name.split(".")[0], name.split(".")[-1]
    shortened = f"{first}…{last}" if first != last else name
    return shortened if len(shortened) <= longest else f"…{name[-longest + 1 :]}"


def _name_parts(name: str) -> Sequence[str]:
    pieces = re.split(r"(?<=[_. ])", name)
    return [piece for piece in pieces if piece]


def write_subtitle(figure: go.Figure, words: str) -> None:
    """Write lines under a figure's title, short enough for a narrow page."""
    if not words:
        return
    lines = wrap(words, _WIDE if not re.search("[가-힣]", words) else _WIDE_HANGUL)
    figure.update_layout(
        title={"subtitle": {"text": "<br>".join(lines)}},
        margin={"t": 62 + 16 * len(lines)},
    )


def shown_words(shown: int, total: int, language: str) -> str:
    """Return how many of all combinations are drawn."""
    return label("opt_shown", language, shown=count(shown), total=count(total))


def kept_words(kept: int, total: int, language: str) -> list[str]:
    """Return that the worst trials are not at hand, where that is so."""
    if kept >= total:
        return []
    return [label("opt_of_best", language, kept=count(kept), total=count(total))]


def rounded(values: Any, digits: int = 6) -> Any:
    """Return values no finer than they are drawn."""
    return np.round(np.asarray(values, dtype=float), digits)
