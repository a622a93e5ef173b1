"""Write the tables of docs/indicators.md: ``python docs/make_indicator_tables.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foresto_lab.indicators import Indicator, Parameter, built_in_indicators

PAGE = Path(__file__).resolve().parent / "indicators.md"
BEGIN = "<!-- Tables made by docs/make_indicator_tables.py; do not edit below. -->\n"


def make_page() -> str:
    """Return the page with its tables made anew."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return written + BEGIN + "\n".join(_tables())


def _tables() -> Iterator[str]:
    found = list(built_in_indicators())
    own = [indicator for indicator in found if indicator.source == "built_in"]
    yield "\n## The package's own"
    yield from _table(own)
    for group in sorted({indicator.group for indicator in found}):
        members = [i for i in found if i.group == group and i.source == "talib"]
        yield f"\n## TA-Lib: {group}"
        yield from _table(members)
    yield ""


def _table(indicators: list[Indicator]) -> Iterator[str]:
    yield "\n| name | parameters | outputs | warm-up | settling | what it is |"
    yield "| --- | --- | --- | ---: | ---: | --- |"
    for indicator in indicators:
        settling = f"{indicator.settling():,}" if indicator.forgets_start else "never"
        cells = [
            f"`{indicator.name}`",
            ", ".join(_parameter(item) for item in indicator.parameters),
            ", ".join(indicator.outputs),
            f"{indicator.warm_up():,}",
            settling,
            indicator.summary,
        ]
        yield f"| {' | '.join(cells)} |"


def _parameter(parameter: Parameter) -> str:
    if parameter.name == "source":
        return "source" if parameter.default == "close" else "source (own default)"
    return f"{parameter.name} {parameter.default}"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
