"""Words in two languages, and numbers as a reader expects them."""

from __future__ import annotations

import math
import string

import pytest

from foresto_lab import labels
from foresto_lab.errors import UnknownNameError
from foresto_lab.scenarios import SimulationResult


@pytest.mark.parametrize("key", [*labels._WORDS, *labels.MEASURES])
def test_every_label_has_both_languages_and_the_same_blanks(key: str) -> None:
    pair = labels._WORDS[key] if key in labels._WORDS else labels.MEASURES[key][:2]
    assert all(pair)
    blanks = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in pair
    ]
    assert blanks[0] == blanks[1]


def test_no_word_is_stated_twice() -> None:
    assert not set(labels._WORDS) & set(labels.MEASURES)
    for kind in ("WORDS", "MEASURES"):
        stated = [key for topic in labels._TOPICS for key in getattr(topic, kind, {})]
        assert len(stated) == len(set(stated)), kind
    for name in ("WORDS", "MEASURES"):
        stated = [key for topic in labels._TOPICS for key in getattr(topic, name, {})]
        assert [key for key in stated if stated.count(key) > 1] == []


def test_an_unknown_label_or_language_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="growth"):
        labels.label("grwth")
    with pytest.raises(UnknownNameError, match="ko, en"):
        labels.label("growth", "fr")


@pytest.mark.parametrize(
    ("text", "korean", "english"),
    [
        (None, "매수 후 보유", "Buy and hold"),
        ("MONTHLY/FIRST_TRADING_DAY", "매월 첫 거래일", "Monthly, first trading day"),
        ("DRIFT>=5.00%", "괴리 5.00% 이상", "Drift ≥ 5.00%"),
        (
            "MONTHLY & DRIFT>=5.00%",
            "매월 + 괴리 5.00% 이상",
            "Monthly and drift ≥ 5.00%",
        ),
        (
            "DRIFT>=25.00% of target, to band edge",
            "목표 대비 괴리 25.00% 이상, 허용 범위까지만 조정",
            "Drift ≥ 25.00% of target, to the band's edge",
        ),
    ],
)
def test_rules_in_words(text: str | None, korean: str, english: str) -> None:
    assert labels.rule_label(text, "ko") == korean
    assert labels.rule_label(text, "en") == english


def test_numbers() -> None:
    assert labels.percent(0.05341) == "5.34%"
    assert labels.percent(-0.1861) == "-18.61%"
    assert labels.percent(-0.00001) == "0.00%"
    assert labels.percent(12.5) == "1,250.00%"
    assert labels.percent(None) == labels.percent(math.nan) == labels.MISSING
    assert labels.ratio(-0.001) == "0.00"
    assert labels.money(1_234_567.4) == "1,234,567원"
    assert labels.money(1_234_567.4, "en") == "₩1,234,567"
    assert labels.money(-12.345, "en", "USD") == "-$12.35"
    assert labels.days(1225, "en") == "1,225 days"
    assert labels.days(None) == labels.MISSING
    assert labels.measure_text("recovery_days", None) == labels.MISSING


@pytest.mark.parametrize(
    ("largest", "korean", "english"),
    [
        (9_000, (1, "원"), (1, "KRW")),
        (1_500_000, (1e4, "만원"), (1e6, "KRW m")),
        (3e9, (1e8, "억원"), (1e9, "KRW bn")),
    ],
)
def test_money_is_counted_in_units_that_keep_it_short(
    largest: float, korean: tuple[float, str], english: tuple[float, str]
) -> None:
    assert labels.money_unit(largest, "ko") == korean
    assert labels.money_unit(largest, "en") == english


def test_yes_and_no_are_words() -> None:
    assert labels.measure_text("ruined", True, "ko") == "예"
    assert labels.measure_text("ruined", False, "en") == "no"


def test_the_best_of_a_measure() -> None:
    assert labels.best_of("cagr", [0.1, 0.3, 0.2]) == {1}
    assert labels.best_of("volatility", [0.1, 0.3, 0.1]) == {0, 2}
    assert labels.best_of("max_drawdown", [-0.5, -0.2, None]) == {1}
    assert labels.best_of("skew", [1.0, 2.0]) == set()
    assert labels.best_of("cagr", [0.1, 0.1]) == set()


def test_every_measure_of_a_summary_has_a_label(hand_made: SimulationResult) -> None:
    assert set(hand_made.summary.index) <= set(labels.MEASURES)
