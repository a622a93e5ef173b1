"""docs/costs.md tells what the package holds."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import foresto_lab as fl
from foresto_lab.labels import MEASURES, label
from foresto_lab.market.venues import VENUES
from foresto_lab.rebalancing.costs import COST_PARTS, KOREAN_TRANSACTION_TAX, PART_KINDS

DOCS = Path(__file__).resolve().parents[4] / "docs"
PAGE = (DOCS / "costs.md").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    place = DOCS / "make_cost_tables.py"
    spec = importlib.util.spec_from_file_location("make_cost_tables", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.make_page() == PAGE, "run: python docs/make_cost_tables.py"


def test_every_part_and_market_is_told() -> None:
    for part in PART_KINDS.values():
        assert f"`{part.__name__}(" in PAGE
        assert hasattr(fl, part.__name__)
    for part in COST_PARTS:
        assert f"`cost_{part}`" in PAGE
        assert MEASURES[f"cost_{part}"].ko != MEASURES[f"cost_{part}"].en
    for market in VENUES:
        assert f"`{market}`" in PAGE


def test_every_source_is_printed() -> None:
    for row in KOREAN_TRANSACTION_TAX.rows:
        assert row.source in PAGE
        for name in row.components:
            assert label(name, "ko") != label(name, "en")


def test_every_finding_is_told() -> None:
    root = Path(fl.__file__).parent
    texts = [
        (root / name).read_text(encoding="utf-8")
        for name in (
            "market/currencies.py",
            "market/exchange_rates.py",
            "rebalancing/costs/impact.py",
            "rebalancing/costs/taxes.py",
            "scenarios/market_facts.py",
        )
    ]
    codes = {code for text in texts for code in re.findall(r'code="([A-Z_]+)"', text)}
    assert len(codes) == 6
    for code in codes:
        assert f"`{code}`" in PAGE
