"""The docs of preflight and its codes are the same list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from foresto_lab.figures.finding_words import finding_name
from foresto_lab.preflight.strategy import STRATEGY_CHECKS
from foresto_lab.preflight.strategy.explanation import Reason

PAGE = Path(__file__).resolve().parents[4] / "docs" / "preflight.md"


def entries() -> dict[str, str]:
    """Return what stands below each code's heading."""
    parts = re.split(r"^#### `([A-Z_]+)`$", PAGE.read_text("utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    assert set(entries()) == set(STRATEGY_CHECKS)


@pytest.mark.parametrize("code", STRATEGY_CHECKS)
def test_an_entry_has_an_offending_and_a_corrected_example(code: str) -> None:
    entry = entries()[code]
    assert re.match(r"\s*(Error|Warning|Note)", entry)
    assert "- Offends: " in entry
    assert "- Corrected: " in entry


def test_the_level_in_the_docs_is_that_of_the_check() -> None:
    words = {"error": "Error", "warning": "Warning", "info": "Note"}
    for code, check in STRATEGY_CHECKS.items():
        if check.code == code and code != "CANDLE_GAP":
            assert entries()[code].lstrip().startswith(words[check.severity]), code


def test_every_reason_without_trades_is_explained() -> None:
    page = PAGE.read_text("utf-8")
    for reason in get_args(Reason):
        assert f"| `{reason}` |" in page


@pytest.mark.parametrize("code", STRATEGY_CHECKS)
def test_every_code_has_a_korean_name(code: str) -> None:
    assert finding_name(code, "ko") != code
