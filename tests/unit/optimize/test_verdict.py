"""Which evidence gives which verdict, and how it is said."""

from __future__ import annotations

import math
import pickle

import pytest

from foresto_lab.labels.optimization_verdict import WORDS
from foresto_lab.optimize.overfitting.verdict import (
    Evidence,
    Reason,
    Verdict,
    cannot_judge,
    judge,
)

STRONG = {
    "luck": 0.0002,
    "trials": 500,
    "effective_trials": 12.0,
    "sharpe": 2.0,
    "without_selection": 0.999,
    "trades": 80.0,
    "promised": 2.1,
    "kept": 1.6,
    "loss": 0.01,
    "overfitting": 0.2,
    "plateau": 0.8,
}


def _judged(**changes: float) -> Verdict:
    return judge(Evidence(**{**STRONG, **changes}))  # type: ignore[arg-type]


def _codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


class TestRule:
    """The rule as the module states it."""

    def test_strong_evidence_is_robust(self) -> None:
        verdict = _judged()
        assert verdict.level == "robust"
        assert _codes(verdict) == ["LUCK_UNLIKELY", "NEXT_BLOCK_EARNED", "PLATEAU"]

    @pytest.mark.parametrize(
        ("luck", "level"),
        [
            (0.005, "robust"),
            (0.0051, "doubtful"),
            (0.01, "doubtful"),
            (0.0101, "overfitted"),
            (1.0, "overfitted"),
        ],
    )
    def test_luck_decides(self, luck: float, level: str) -> None:
        assert _judged(luck=luck).level == level

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"sharpe": 0.0}, "BEST_LOSES"),
            ({"kept": -0.1}, "NEXT_BLOCK_LOST"),
            ({"loss": 0.51}, "HALVES_LOST"),
            ({"held_out": -0.2}, "HELD_OUT_LOST"),
            ({"trades": 2.0}, "FEW_TRADES"),
            ({"luck": math.nan}, "LUCK_UNKNOWN"),
        ],
    )
    def test_one_thing_against_it_makes_it_doubtful(
        self, change: dict[str, float], code: str
    ) -> None:
        verdict = _judged(**change)
        assert verdict.level == "doubtful"
        assert verdict.reasons[0].code == code

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"plateau": 0.1}, "NEEDLE"),
            ({"overfitting": 0.9}, "RANKS_FALL"),
            ({"trades": 3.0}, "FEW_TRADES"),
            ({"years": 2.0, "needed_years": 5.0}, "SHORT_HISTORY"),
        ],
    )
    def test_remarks_are_told_and_decide_nothing(
        self, change: dict[str, float], code: str
    ) -> None:
        verdict = _judged(**change)
        assert verdict.level == "robust"
        assert code in _codes(verdict)
        assert not next(r for r in verdict.reasons if r.code == code).decides

    def test_nothing_for_it_lifts_what_luck_explains(self) -> None:
        verdict = _judged(luck=0.3, held_out=3.0)
        assert verdict.level == "overfitted"
        assert verdict.reasons[0].code == "LUCK_LIKELY"

    def test_what_the_market_earned_is_said_where_it_is_known(self) -> None:
        told = _codes(_judged(luck=0.3, beta=0.6))
        assert told[:2] == ["LUCK_LIKELY", "MARKET_OR_LUCK"]
        assert "MARKET_OR_LUCK" not in _codes(_judged(luck=0.3))

    def test_a_single_trial_is_not_picked_and_so_not_overfitted(self) -> None:
        verdict = _judged(luck=0.3, trials=1)
        assert verdict.level == "doubtful"
        assert verdict.reasons[0].code == "ONE_TRIAL"
        assert _judged(luck=0.001, trials=1).level == "robust"

    def test_without_any_evidence_it_is_doubtful(self) -> None:
        assert judge(Evidence()).level == "doubtful"
        assert Verdict.of([]).level == "doubtful"


class TestWords:
    """Every reason is a sentence in both languages."""

    @pytest.mark.parametrize("language", ["ko", "en"])
    def test_every_reason_is_said(self, language: str) -> None:
        cases = [
            _judged(years=2.0, needed_years=5.0, overfitting=0.8, held_out=1.0),
            _judged(luck=0.3, beta=0.6, sharpe=-1.0, kept=-1.0, loss=0.9, trades=1.0),
            _judged(luck=0.008, plateau=0.1, held_out=-1.0),
            _judged(luck=0.3, trials=1),
            _judged(luck=math.nan),
            cannot_judge("NO_BEST"),
            cannot_judge("NO_TRADES"),
            cannot_judge("TOO_SHORT", bars=20, needed_bars=64),
        ]
        said = set()
        for verdict in cases:
            for reason in verdict.reasons:
                text = reason.text(language)  # type: ignore[arg-type]
                assert text.endswith(".")
                assert "{" not in text
                assert "nan" not in text
                said.add(f"verdict_{reason.code.lower()}")
        others = {"verdict_robust", "verdict_doubtful", "verdict_overfitted"}
        assert said | others | {"verdict_reasons"} == set(WORDS) - {"verdict"}

    def test_numbers_are_written_as_a_reader_expects(self) -> None:
        facts = {"probability": 0.734, "trials": 12_345, "effective": 33.3}
        reason = Reason("LUCK_LIKELY", "overfitted", facts)
        assert "12,345 trials" in reason.text("en")
        assert "73.4%" in reason.text("en")
        tiny = Reason("LUCK_UNLIKELY", "robust", {**facts, "probability": 1e-9})
        assert "0.1% or less" in tiny.text("en")

    def test_a_verdict_shows_itself(self) -> None:
        verdict = _judged(luck=0.3)
        assert str(verdict).startswith("Overfitted. Without any edge")
        assert verdict.text().startswith("과최적화. ")
        assert "<b>과최적화</b>" in verdict._repr_html_()


class TestStored:
    """A verdict comes back as it was."""

    def test_from_its_dictionary(self) -> None:
        verdict = _judged(luck=0.3, beta=0.6)
        again = Verdict.from_dict(verdict.to_dict())
        assert again.to_dict() == verdict.to_dict()
        assert again.text("ko") == verdict.text("ko")

    def test_across_processes(self) -> None:
        verdict = _judged()
        assert pickle.loads(pickle.dumps(verdict)).to_dict() == verdict.to_dict()
