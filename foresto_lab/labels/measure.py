"""How a number of a summary is called and written."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Style: TypeAlias = Literal["percent", "ratio", "money", "days", "count", "text"]


class Measure(NamedTuple):
    """How a summary's number is called and written; which direction is better."""

    ko: str
    en: str
    style: Style
    better: Literal["higher", "lower", "neither"] = "neither"
