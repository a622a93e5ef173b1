"""The portfolio builder without a browser: drafts, what is wrong with them, saving."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.scenarios.portfolio import Portfolio
from foresto_lab.scenarios.weighting import EqualWeight, RiskParity
from foresto_lab.widgets import PortfolioBuilder
from foresto_lab.widgets.portfolio_draft import (
    DraftRow,
    PortfolioDraft,
    judge,
    percent_of,
)
from foresto_lab.widgets.portfolio_page import split_changes, state_of, wording
from foresto_lab.widgets.portfolio_view import PortfolioView

if TYPE_CHECKING:
    from foresto_lab.lab import Lab

KNOWN = {"SPY": "S&P 500", "IEF": "Treasuries", "GLD": "Gold"}
SPANS = {"SPY": ("1993-01-29", "2024-12-30"), "IEF": ("2002-07-30", "2024-12-27")}
TWO = (DraftRow("SPY", "equity", "60"), DraftRow("IEF", "bond", "40"))


def draft(**more: Any) -> PortfolioDraft:
    return PortfolioDraft(**{"name": "P", "rows": TWO, **more})


def judged(given: PortfolioDraft) -> tuple[Any, ...]:
    verdict = judge(given, KNOWN, SPANS, "en")
    return verdict.faults, dict(verdict.rows), verdict.hints


# --- drafts ---------------------------------------------------------------------------


def test_percents_of_nav_become_sleeves_and_weights_within() -> None:
    rows = (*TWO, DraftRow("GLD", "equity", "0"))
    given = draft(rows=rows, uninvested="0").portfolio()
    assert given.sleeves["equity"].weight == 0.6
    assert dict(given.sleeves["equity"].weights) == {"SPY": 1.0, "GLD": 0.0}
    assert dict(given.weights) == {"SPY": 0.6, "GLD": 0.0, "IEF": 0.4}
    empty = draft(rows=(*TWO, DraftRow("GLD", "gold", "0"))).portfolio()
    assert empty.weights["GLD"] == 0.0


def test_a_draft_of_a_portfolio_says_the_same() -> None:
    rows = (DraftRow("SPY", "equity", "33.3"), DraftRow("IEF", "bond", "61.7"))
    given = draft(rows=rows, uninvested="5", description="둘").portfolio()
    again = PortfolioDraft.of(given)
    assert [row.percent for row in again.rows] == ["33.3", "61.7"]
    assert (again.uninvested, again.description) == ("5", "둘")
    assert again.portfolio() == given
    computed = draft(method="RISK_PARITY", lookback="60").portfolio()
    assert computed.weighting == RiskParity(lookback=60)
    assert PortfolioDraft.of(computed).lookback == "60"
    assert draft(method="EQUAL_WEIGHT").weighting == EqualWeight()
    sleeves: Any = {"equity": {**{"weight": 1.0}, "instruments": ["A", "B"]}}
    sleeves["equity"]["weighting"] = "EQUAL_WEIGHT"
    with pytest.raises(InputError, match="no form for that"):
        PortfolioDraft.of(Portfolio("Inner", sleeves))


@pytest.mark.parametrize(
    ("text", "percent"), [("0.6", "60"), ("0.123", "12.3"), ("0.00015", "0.015")]
)
def test_fractions_are_shown_as_percent(text: str, percent: str) -> None:
    assert percent_of(float(text)) == percent


def test_a_whole_draft_passes_and_tells_the_span_in_common() -> None:
    faults, rows, hints = judged(draft())
    assert (faults, rows) == ((), {})
    told = "Span in common: 2002-07-30 to 2024-12-27 (IEF begins last)"
    assert hints == (told,)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Give it a name"),
        ({"rows": ()}, "at least one instrument"),
        ({"rows": (TWO[0],)}, "The total is 60 %: 40 % are left"),
        ({"uninvested": "5"}, "The total is 105 %: 5 % too much"),
        ({"uninvested": "x"}, "'x' is no number of percent"),
        ({"method": "RISK_PARITY", "lookback": "1"}, "lookback is 1"),
        ({"method": "RISK_PARITY", "lookback": ""}, "lookback is ''"),
        ({"name": "x/y"}, "cannot name"),
    ],
)
def test_faults_of_the_whole_are_told(changes: dict[str, Any], said: str) -> None:
    faults, rows, _ = judged(draft(**changes))
    assert rows == {}
    assert any(said in fault for fault in faults)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (DraftRow("", "bond", "40"), "No symbol yet"),
        (DraftRow("spy ", "bond", "40"), "is there already"),
        (DraftRow("IEFF", "bond", "40"), "Did you mean IEF?"),
        (DraftRow("005930", "bond", "40"), "005930 is not known"),
        (DraftRow("IEF", "bond", ""), "no number: –"),
        (DraftRow("IEF", "bond", "4o"), "no number: 4o"),
        (DraftRow("IEF", "bond", "nan"), "no number: nan"),
        (DraftRow("IEF", "bond", "-4"), "0 or more"),
    ],
)
def test_a_fault_is_told_beside_its_row(row: DraftRow, said: str) -> None:
    faults, rows, _ = judged(draft(rows=(TWO[0], row)))
    assert faults == ()
    assert list(rows) == [1]
    assert said in rows[1]


def test_what_has_no_prices_can_be_saved_but_is_said() -> None:
    rows = (TWO[0], DraftRow("GLD", "gold", "40 %"))
    faults, marked, hints = judged(draft(rows=rows))
    assert (faults, marked) == ((), {})
    assert hints == ("No preview, as there are no prices of: GLD",)
    apart = {"SPY": ("2000-01-03", "2001-12-31"), "IEF": ("2002-07-30", "2003-01-02")}
    told = judge(draft(), KNOWN, apart, "en").hints
    assert told == ("The instruments have no prices in common.",)


# --- the builder ----------------------------------------------------------------------


@pytest.fixture
def builder(sample_lab: Lab) -> PortfolioBuilder:
    return PortfolioBuilder(sample_lab, language="en")


def test_it_begins_with_what_the_workspace_has_in_equal_parts(
    builder: PortfolioBuilder,
) -> None:
    assert [row.percent for row in builder.draft.rows] == ["20"] * 5
    assert builder.portfolio is None
    assert builder.result is not None  # a preview needs no name
    assert builder.result.simulated
    assert "not ready" in repr(builder)


def test_changes_are_judged_previewed_and_undone(builder: PortfolioBuilder) -> None:
    shown: list[str] = []
    builder.subscribe(lambda: shown.append(builder.draft.name))
    builder.set(name="Core")
    assert builder.verdict.passed
    before = builder.result
    builder.set_row(0, percent="40")
    assert "20 % too much" in builder.verdict.faults[0]
    assert builder.result is None
    builder.set_row(1, percent="0")
    assert builder.result is not None
    assert before is not None
    assert builder.result.summary["cagr"] != before.summary["cagr"]
    builder.undo()
    builder.undo()
    assert builder.draft.rows[0].percent == "20"
    assert builder.can_redo
    builder.redo()
    assert builder.draft.rows[0].percent == "40"
    assert shown[0] == "Core"
    assert len(shown) == 6
    builder.set(rule="")
    assert builder.rule == ""
    builder.set(rule="NEVER")
    assert "rebalancing rule 'NEVER'" in builder.message
    builder.set(colour="red")
    assert "no field 'colour'" in builder.message
    builder.set_row(9, percent="1")
    assert "no row 10" in builder.message


def test_a_known_symbol_brings_its_asset_class(builder: PortfolioBuilder) -> None:
    builder.add_row()
    assert builder.verdict.rows == {5: "No symbol yet."}
    builder.remove_row(3)
    builder.set_row(4, symbol="SIM_GOLD", percent="20")
    assert builder.draft.rows[4].asset_class == "gold"
    builder.set(uninvested="10")
    builder.spread()
    assert [row.percent for row in builder.draft.rows] == ["18"] * 5
    assert builder.verdict.faults == ("Give it a name.",)


def test_saving_makes_versions_and_says_what_is_wrong(
    builder: PortfolioBuilder, sample_lab: Lab
) -> None:
    assert builder.save() is None
    assert builder.message == "Give it a name."
    builder.set(name="Unit test")
    first = builder.save()
    assert first is not None
    assert first.reference == "Unit test@1.0.0"
    assert builder.save() == first
    builder.set(method="RISK_PARITY", lookback="60")
    second = builder.save()
    assert second is not None
    assert second.version == "1.0.1"
    assert sample_lab.portfolio("unit test").weighting == RiskParity(lookback=60)
    assert builder.code().startswith("fl.Portfolio.from_dict(")
    builder.set(name="x/y")
    assert builder.save() is None
    assert "cannot name" in builder.message
    builder.load("Unit test@1.0.0")
    assert builder.draft.method == "FIXED"
    opened = PortfolioBuilder(sample_lab, "Unit test")
    assert opened.draft.method == "RISK_PARITY"
    with pytest.raises(UnknownNameError):
        PortfolioBuilder(sample_lab, "No such portfolio")
    builder.load("No such portfolio")
    assert "Unknown portfolio" in builder.message


def test_a_window_longer_than_the_prices_is_a_message(
    builder: PortfolioBuilder,
) -> None:
    builder.set(name="Long", method="INVERSE_VOLATILITY", lookback="99999")
    assert builder.verdict.passed
    assert "longer than the history" in builder.preview.message


# --- the page -------------------------------------------------------------------------


def test_the_page_is_plain_values_in_both_languages(builder: PortfolioBuilder) -> None:
    for language, title in (("en", "Portfolio builder"), ("ko", "포트폴리오 만들기")):
        builder.set_language(language)
        words = wording(builder)
        assert words["labels"]["title"] == title
        assert len(words["options"]["method"]) == 7
        state = {k: v for k, v in state_of(builder).items() if k != "chart"}
        json.dumps(state)
        assert state["total"] == "100 %"
    assert ["SIM_GOLD", "모의 금"] in words["options"]["symbols"]


def test_the_page_sends_changes_of_form_and_rows_together() -> None:
    form, rows = split_changes(
        {"name": "P", "row.1.symbol": "SPY", "row.1.percent": "5", "row.0.percent": "2"}
    )
    assert form == {"name": "P"}
    assert rows == {1: {"symbol": "SPY", "percent": "5"}, 0: {"percent": "2"}}


def test_whatever_the_page_sends_is_answered(builder: PortfolioBuilder) -> None:
    view = PortfolioView(builder)
    sent = [
        {"command": "set", "changes": {"name": "P", "row.0.percent": "30"}},
        {"command": "add_row"},
        {"command": "remove_row", "index": 5},
        {"command": "remove_row", "index": 99},
        {"command": "spread"},
        {"command": "undo"},
        {"command": "redo"},
        {"command": "language", "language": "ko"},
        {"command": "language", "language": "xx"},
        {"command": "load", "name": "nothing"},
        {"command": "set", "changes": {"row.x.percent": "1"}},
        {"command": "nonsense"},
    ]
    for number, message in enumerate(sent, start=1):
        view._receive(None, {**message, "id": number}, None)
        assert view.state["answers"] == number
        assert "Traceback" not in view.state["message"]
