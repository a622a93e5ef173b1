"""A fact sheet says what its numbers say, in one language, with units and no noise."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.figures.vector import round_ticks, share_bar, thin
from foresto_lab.lab_benchmarks import Benchmark
from foresto_lab.labels import measure_text
from foresto_lab.reports.fact_sheet import FactSheet, back_page, front_page, sentences
from foresto_lab.reports.facts import fact_key
from foresto_lab.runs.request import SimulationRequest


class Text(HTMLParser):
    """Collects what a reader sees, and the facts' texts by key."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.facts: dict[str, str] = {}
        self._key = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._key = dict(attrs).get("data-fact") or ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._key:
            self.facts[self._key] = data
            self._key = ""

    @property
    def text(self) -> str:
        return " ".join(self.words)


def prices(years: int = 12, assets: int = 3, seed: int = 1) -> pd.DataFrame:
    count = years * 252
    draws = np.random.default_rng(seed).normal(0.0003, 0.01, (count, assets))
    values = 100 * np.cumprod(1 + draws, axis=0)
    index = pd.bdate_range("2006-01-02", periods=count, name="date")
    return pd.DataFrame(values, index, [f"A{place}" for place in range(assets)])


def sheet(table: pd.DataFrame, language: str = "ko", **changes: Any) -> FactSheet:
    assets = list(table.columns)
    weights = dict.fromkeys(assets, 1.0 / len(assets))
    result = fl.simulate(
        table, weights, fl.Drift(0.05), initial_amount=10_000_000, calendar="XNYS"
    )
    request = SimulationRequest(weights={"A0": 1.0}, instruments={"A0": "A0"})
    benchmark = Benchmark(
        growth=table["A0"] / table["A0"].iloc[0],
        name_ko="기준",
        name_en="Index",
        request=request,
    )
    facts: dict[str, Any] = {
        "result": result,
        "name": "성장형" if language == "ko" else "Growth",
        "language": language,
        "benchmark": benchmark,
        "facts": {"request": None, "data_version": "v1"},
    }
    return FactSheet(**{**facts, **changes})


def pages(given: FactSheet) -> Text:
    return Text(front_page(given).html + back_page(given).html)


CASES = {
    "whole": lambda language: sheet(prices(), language),
    "alone": lambda language: sheet(prices(), language, benchmark=None),
    "short": lambda language: sheet(prices(1), language),
    "many assets": lambda language: sheet(prices(8, 14), language),
    "no future": lambda language: sheet(prices(2), language, forward_years=10),
}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("case", CASES)
def test_numbers_are_written_with_units_and_nothing_is_raw(
    case: str, language: str
) -> None:
    text = pages(CASES[case](language)).text
    assert not re.findall(r"\d\.\d{3,}", text)
    assert "nan" not in text.lower().split()
    assert "None" not in text
    assert "{" not in text
    assert "say_" not in text


@pytest.mark.parametrize("case", CASES)
def test_each_page_is_in_its_own_language(case: str) -> None:
    english = pages(CASES[case]("en")).text
    assert not re.findall("[가-힣]+", english)
    korean = pages(CASES[case]("ko")).text
    allowed = {"KRW", "KOSPI", "SIMULATED", "foresto_lab", "foresto", "lab"}
    words = set(re.findall("[A-Za-z]{4,}", korean)) - allowed
    assert words == set()


def test_every_fact_shown_is_the_number_claimed() -> None:
    given = sheet(prices())
    shown = pages(given).facts
    identity = given.result.request_hash
    assert len(shown) > 60
    for measure, value in given.numbers.items():
        key = fact_key(identity, measure)
        if key in shown:
            base = measure.partition("@")[0]
            assert shown[key] == measure_text(base, value, "ko", "KRW"), measure
    assert set(shown) <= {fact_key(identity, measure) for measure in given.numbers}


def test_names_from_outside_stay_texts() -> None:
    nasty = "<script>alert(1)</script>"
    given = sheet(
        prices(),
        name=nasty,
        description=nasty,
        prepared_for=nasty,
        instruments={"A0": (nasty, nasty)},
        own_crises={nasty: ("2010-01-04", "2010-06-01")},
    )
    assert "<script" not in front_page(given).html + back_page(given).html


def test_costs_by_part_are_all_told_and_add_up() -> None:
    given = sheet(prices())
    summary = given.result.summary.copy()
    summary["cost_commission"], summary["cost_transaction_tax"] = 1_000.0, 500.0
    result = fl.SimulationResult.from_tables(
        given.result.path,
        given.result.events,
        summary,
        request_hash="0" * 64,
        weights=given.result.weights,
        rule=given.result.rule,
        initial_amount=1e7,
        calendar="XNYS",
    )
    text = pages(sheet(prices(), result=result)).text
    for words in ("매매 수수료", "1,000원", "증권거래세", "500원", "1,500원"):
        assert words in text


def test_a_window_with_a_part_of_the_data_is_marked() -> None:
    given = sheet(prices(), own_crises={"mine": ("2005-06-01", "2006-03-01")})
    text = pages(given).text
    assert "mine†" in text
    assert "2006-01-02부터 2006-03-01까지" in text


def test_a_portfolio_that_did_not_recover_says_so() -> None:
    index = pd.bdate_range("2019-01-01", periods=300, name="date")
    falling = pd.DataFrame({"A0": np.linspace(100, 60, 300)}, index)
    text = pages(sheet(falling)).text
    assert "아직 되찾지 못했습니다" in text
    assert "줄었습니다" in text


def test_particles_follow_the_sound() -> None:
    words = sentences.Words
    assert f"{words('100원'):을} {words('100원'):으로}" == "100원을 100원으로"
    assert f"{words('100달러'):을} {words('100달러'):으로}" == "100달러를 100달러로"
    assert f"{words('100엔'):은} {words('100유로'):이}" == "100엔은 100유로가"
    assert f"{words('물'):으로}" == "물로"
    assert f"{words('$100')}" == "$100"


@pytest.mark.parametrize(
    ("days", "korean", "english"),
    [
        (1, "1일", "1 day"),
        (44, "44일", "44 days"),
        (92, "3개월", "3 months"),
        (365, "1년", "1 year"),
        (575, "1년 7개월", "1 year and 7 months"),
        (1256, "3년 5개월", "3 years and 5 months"),
    ],
)
def test_lengths_of_time_as_people_say_them(
    days: int, korean: str, english: str
) -> None:
    assert sentences.duration_words(days, "ko") == korean
    assert sentences.duration_words(days, "en") == english


def test_ticks_are_round_and_cover() -> None:
    assert round_ticks(0, 2375) == [0, 1000, 2000, 3000]
    assert round_ticks(-0.23, 0, 3) == [-0.3, -0.2, -0.1, 0.0]
    ticks = round_ticks(0.0, 7.3e8)
    assert ticks[0] <= 0
    assert ticks[-1] >= 7.3e8


def test_a_thinned_curve_keeps_its_ends_and_its_deepest_point() -> None:
    values = pd.Series(np.sin(np.arange(5000)), pd.RangeIndex(5000))
    values.iloc[1234] = -5.0
    thinned = thin(values, deepest=True)
    assert len(thinned) <= 362
    assert thinned.min() == -5.0
    assert (thinned.iloc[0], thinned.iloc[-1]) == (values.iloc[0], values.iloc[-1])


def test_the_shares_of_a_bar_fill_it() -> None:
    bar = share_bar({"a": 0.5, "b": 0.3, "c": 0.2}, size=(300, 20))
    widths = [float(width) for width in re.findall(r'width="([\d.]+)"', bar)]
    assert sum(widths) == pytest.approx(300 - 3)
    assert "50%" in bar


@pytest.mark.parametrize(
    ("flows", "korean", "english"),
    [
        (fl.Contribution(100_000), "더 넣었고", "was added, and"),
        (fl.Withdrawal(50_000), "찾았고", "was taken out, and"),
        (
            fl.Contribution(100_000)
            + fl.Withdrawal(50_000, frequency="ANNUAL", base_day="LAST_TRADING_DAY"),
            "더 넣고",
            "taken out; on",
        ),
        (fl.Withdrawal(900_000), "돈이 모두 떨어졌습니다", "nothing was left"),
    ],
    ids=["added", "taken", "both", "ruined"],
)
def test_money_put_in_and_taken_out_is_told(
    flows: Any, korean: str, english: str
) -> None:
    table = prices(6)
    result = fl.simulate(
        table,
        {"A0": 0.5, "A1": 0.5},
        fl.Drift(0.05),
        cashflows=flows,
        initial_amount=10_000_000,
        calendar="XNYS",
    )
    for language, words in (("ko", korean), ("en", english)):
        text = pages(sheet(table, language, result=result)).text
        assert words in text
        assert " 0원을" not in text
        assert "nan" not in text.lower().split()
