"""Write the tables of docs/costs.md: ``python docs/make_cost_tables.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foresto_lab.rebalancing.costs import COST_PRESETS, KOREAN_TRANSACTION_TAX
from foresto_lab.rebalancing.costs.tax_table import TaxRow

PAGE = Path(__file__).resolve().parent / "costs.md"
BEGIN = "<!-- Tables made by docs/make_cost_tables.py; do not edit below. -->\n"


def make_page() -> str:
    """Return the page with its tables made anew."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return written + BEGIN + "\n".join(_tables())


def _tables() -> Iterator[str]:
    yield "\n## The presets"
    yield "\n| name | parts | what it is of | sources |"
    yield "| --- | --- | --- | --- |"
    for preset in COST_PRESETS.values():
        parts = "<br>".join(f"`{part!r}`" for part in preset.costs.parts)
        sources = "; ".join(preset.sources)
        yield f"| `{preset.name}` | {parts} | {preset.description_en} | {sources} |"
    yield "\n## Korea's securities transaction tax"
    for market in KOREAN_TRANSACTION_TAX.markets:
        yield f"\n### {market}"
        yield "\n| trades from | to | rate | of which | in force | source |"
        yield "| --- | --- | ---: | --- | --- | --- |"
        for row in KOREAN_TRANSACTION_TAX.of(market):
            yield _line(row)
    yield ""


def _line(row: TaxRow) -> str:
    cells = (
        str(row.from_date),
        str(row.to_date or "today"),
        f"{row.rate:.2%}",
        row.components_text,
        str(row.in_force),
        row.source,
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
