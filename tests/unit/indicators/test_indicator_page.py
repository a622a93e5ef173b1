"""docs/indicators.md keeps up with the catalogue, and what it says is so."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from foresto_lab.indicators import IndicatorCatalog, PythonIndicator
from foresto_lab.indicators.talib_functions import EXCLUDED

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "indicators.md").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    place = DOCS / "make_indicator_tables.py"
    spec = importlib.util.spec_from_file_location("make_indicator_tables", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.make_page() == PAGE, "run: python docs/make_indicator_tables.py"


def test_what_is_left_out_is_said(catalog: IndicatorCatalog) -> None:
    section = PAGE.partition("## Left out of TA-Lib")[2].partition("##")[0]
    assert all(function in section for function in EXCLUDED)


def test_the_example_of_own_code_is_one() -> None:
    section = PAGE.partition("## Your own, in Python")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    own = PythonIndicator.from_code(code, name="distance")
    assert (own.outputs, own.warm_up()) == (("distance",), 19)


def test_settling_of_rsi_is_about_what_the_page_says(catalog: IndicatorCatalog) -> None:
    assert 220 < catalog.get("rsi").settling({"period": 14}) < 240
