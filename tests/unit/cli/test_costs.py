"""`foresto costs`: presets and the transaction tax, for people and for programs."""

from __future__ import annotations

import json

import pytest

from foresto_lab.cli import main as frame
from foresto_lab.rebalancing.costs import COST_PRESETS, parse_costs


def told(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        frame.main(["costs", *args])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_presets_are_listed_and_come_back_from_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = told(capsys, "list", "--json")
    assert status == 0
    for preset in json.loads(out):
        assert parse_costs(preset["costs"]) == COST_PRESETS[preset["name"]].costs
    status, out, _ = told(capsys)
    assert status == 0
    assert all(name in out for name in COST_PRESETS)
    assert "증권거래세" in told(capsys, "list", "--lang", "ko")[1]


def test_a_preset_shows_its_parts_and_sources(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = told(capsys, "show", "US_RETAIL_KRW")
    assert status == 0
    assert "CAPITAL_GAINS_TAX" in out
    assert "118-7" in out
    status, out, _ = told(capsys, "show", "US_RETAIL_KRW", "--json")
    assert json.loads(out)["name"] == "US_RETAIL_KRW"


def test_the_tax_of_a_date_shows_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "tax", "--market", "KOSPI", "--on", "2024-12-27")
    assert status == 0
    assert "0.15%" in out
    assert "Hanyang Securities" in out
    rows = json.loads(told(capsys, "tax", "--market", "KOSDAQ", "--json")[1])
    assert [row["rate"] for row in rows][-2:] == [0.0015, 0.002]
    assert "No row" in told(capsys, "tax", "--on", "1985-01-04")[1]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("show", "KOREA_RETIAL"), "Did you mean KOREA_RETAIL"),
        (("tax", "--market", "KOSPPI"), "Did you mean KOSPI"),
        (("tax", "--on", "yesterday"), "no date"),
        (("list", "--lang", "de"), "Unknown language"),
    ],
)
def test_mistakes_are_sentences(
    capsys: pytest.CaptureFixture[str], args: tuple[str, ...], said: str
) -> None:
    status, _, err = told(capsys, *args)
    assert status == 2
    assert said in err
    assert "Traceback" not in err
