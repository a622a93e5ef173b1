"""Studies drawn: what the figures show is what the studies hold, in two languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.figures import study as figures
from foresto_lab.labels import label
from foresto_lab.scenarios.study_words import (
    luck_sentences,
    rule_words,
    study_sentences,
)

HANGUL = re.compile("[가-힣]")
WEIGHTS = {"equity": 0.55, "bond": 0.2, "cash": 0.1, "gold": 0.1}
DRAWN = ("growth", "differences", "attribution")


@pytest.fixture(scope="module")
def study(_sample_closes: pd.DataFrame) -> fl.RebalancingStudy:
    return fl.rebalancing_study(_sample_closes.loc["2018":"2020"], WEIGHTS)


@pytest.fixture(scope="module")
def luck(_sample_closes: pd.DataFrame) -> fl.TimingLuck:
    prices = _sample_closes.loc["2018":"2020"]
    rules = {"monthly": fl.Periodic("MONTHLY"), "annual": fl.Periodic("ANNUAL")}
    return fl.timing_luck(prices, WEIGHTS, rules)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", [*DRAWN, "event_parts", "parts_over_time", "luck"])
def test_every_figure_is_in_its_language_and_marked(
    name: str, language: str, study: fl.RebalancingStudy, luck: fl.TimingLuck
) -> None:
    study, luck = replace(study, simulated=True), replace(luck, simulated=True)
    if name == "luck":
        figure = figures.timing_luck(luck, language=language)
    elif name in DRAWN:
        figure = getattr(figures, name)(study, language=language)
    else:
        figure = getattr(figures, name)(study, "annual", language=language)
    text = json.dumps(figure.to_plotly_json(), ensure_ascii=False, default=str)
    assert figure.layout.title.text
    assert bool(HANGUL.search(text)) == (language == "ko")
    assert any(a.name == "simulated" for a in figure.layout.annotations)


def test_the_difference_is_drawn_against_no_rebalancing(
    study: fl.RebalancingStudy,
) -> None:
    figure = figures.differences(study, language="en")
    assert [trace.name for trace in figure.data] == [
        "Monthly",
        "Quarterly",
        "Yearly",
        "Drift of 5%",
        "Monthly, if 5% off",
    ]
    gap = study.paths["annual"] - study.paths["none"]
    np.testing.assert_allclose(figure.data[2].y, gap / 1e3, atol=2e-3)  # KRW k
    assert "KRW k" in figure.layout.yaxis.title.text


def test_the_parts_of_a_bar_reach_its_mark(study: fl.RebalancingStudy) -> None:
    figure = figures.attribution(study, language="en")
    *bars, mark = figure.data
    assert [bar.name for bar in bars] == ["Return effect", "Carried effect", "Cost"]
    total = np.sum([bar.y for bar in bars], axis=0)
    np.testing.assert_allclose(total, mark.y, atol=2e-4)


def test_many_trades_are_drawn_by_year(study: fl.RebalancingStudy) -> None:
    few = figures.event_parts(study, "annual", language="en")
    assert len(few.data[0].x) == len(study.events("annual"))
    daily = fl.Drift(0.001)
    assert daily.threshold == 0.001
    many = replace(
        study,
        event_table=pd.concat([study.event_table] * 3, ignore_index=True),
    )
    assert list(figures.event_parts(many, "monthly", language="en").data[0].x) == [
        2018,
        2019,
        2020,
    ]


def test_a_rule_that_never_traded_says_so(study: fl.RebalancingStudy) -> None:
    table = study.event_table[study.event_table["rule"] != "drift"]
    idle = replace(study, event_table=table)
    figure = figures.event_parts(idle, "drift", language="en")
    assert label("study_no_trades", "en") in [a.text for a in figure.layout.annotations]


def test_every_base_day_is_a_point_and_the_chosen_one_is_marked(
    luck: fl.TimingLuck,
) -> None:
    for measure in ("cagr", "volatility", "max_drawdown", "final_nav"):
        figure = figures.timing_luck(luck, measure=measure, language="en")
        named = {trace.name: trace for trace in figure.data if trace.name}
        scale = 1e6 if measure == "final_nav" else 1.0
        row = luck.summary.loc[("annual", measure)]
        assert named["Chosen day"].x[1] * scale == pytest.approx(row["chosen"])
        assert named["Spread over all days"].x[1] * scale == pytest.approx(
            row["tranched"]
        )
        points = [t for t in figure.data if t.name == "Each base day"]
        assert [len(trace.x) for trace in points] == [21, 252]
        np.testing.assert_allclose(
            np.array(points[1].x) * scale, luck.of("annual")[measure]
        )
        assert points[1].customdata[3][0] == "base day +3 sessions"


def test_results_draw_themselves(
    study: fl.RebalancingStudy, luck: fl.TimingLuck
) -> None:
    assert len(study.plot(language="en").data) == 5
    assert luck.plot(language="en").layout.title.text == "CAGR by base day"


# --- in words -------------------------------------------------------------------------


def test_the_sentences_say_what_the_numbers_are(
    study: fl.RebalancingStudy, luck: fl.TimingLuck
) -> None:
    said = study_sentences(study, luck, language="en")
    assert said[0] == "Over 3.0 years, 5 rules against never rebalancing."
    gaps = study.summary["difference"].drop("none")
    best = rule_words(str(gaps.idxmax()), "en")
    assert any(f'The best rule: "{best}"' in sentence for sentence in said)
    row = luck.summary.loc[("annual", "cagr")]
    assert f"ranks {row['rank']:.0f} of 252" in said[-2]
    assert all(HANGUL.search(text) for text in study_sentences(study, luck))


def test_luck_is_weighed_against_what_lies_between_the_rules(
    study: fl.RebalancingStudy, luck: fl.TimingLuck
) -> None:
    rows = luck.summary.copy()
    rows.loc[("annual", "cagr"), "spread"] = 0.5
    wide = luck_sentences(replace(luck, summary=rows), study, language="en")
    assert "does not tell which rule is better" in wide[-1]
    rows["spread"] = 1e-9
    narrow = luck_sentences(replace(luck, summary=rows), study, language="en")
    assert "more than the base days" in narrow[-1]


def test_rules_are_called_by_their_words() -> None:
    assert rule_words("monthly", "en") == "Monthly"
    assert rule_words("none", "ko") == "리밸런싱 없음"
    assert rule_words("DRIFT>=5.00%", "en") == "Drift ≥ 5.00%"
    assert rule_words("my own", "ko") == "my own"
