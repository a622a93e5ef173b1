"""`foresto indicators`: what it lists and shows, with and without a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import foresto_lab as fl
from foresto_lab.cli import main as frame
from foresto_lab.indicators import built_in_indicators

NOWHERE = ("--home", "nowhere")
CODE = """
SUMMARY = "Mean of the closes."
PARAMETERS = {"period": {"default": 14, "low": 2, "high": 200}}
WARM_UP = {"period": 1, "bars": -1}
raise_if_run = 1 / 1

def compute(candles, period):
    return candles["close"].rolling(period).mean()
"""


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        frame.main(["indicators", *args])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def listed(capsys: pytest.CaptureFixture[str], *args: str) -> list[dict[str, Any]]:
    status, out, _ = told(capsys, "list", "--json", *args)
    assert status == 0
    given = json.loads(out)
    assert isinstance(given, list)
    return given


def test_it_lists_every_indicator(capsys: pytest.CaptureFixture[str]) -> None:
    names = [item["name"] for item in listed(capsys, *NOWHERE)]
    assert tuple(names) == built_in_indicators().names()
    assert not Path("nowhere").exists()


def test_it_searches_and_picks_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    own = listed(capsys, "--source", "built_in", *NOWHERE)
    assert {item["source"] for item in own} == {"built_in"}
    vwaps = {item["name"] for item in listed(capsys, "--search", "VWAP", *NOWHERE)}
    assert vwaps == {"vwap", "vwap_rolling"}
    _, out, _ = told(capsys, "list", "--search", "nothing like it", *NOWHERE)
    assert "No indicator is like that" in out


def test_the_table_reads(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, "list", "--search", "Cutler", *NOWHERE)
    assert "rsi_sma" in out
    assert "timeperiod=14" in out


def test_it_shows_parameters_outputs_and_warm_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = told(capsys, "show", "MACD")
    assert status == 0
    for words in ("macdsignal", "33 bars", "slowperiod", "from 2 to 100,000"):
        assert words in out
    _, out, _ = told(capsys, "show", "rsi", "--json")
    assert json.loads(out) == built_in_indicators().get("rsi").to_dict()
    _, out, _ = told(capsys, "show", "obv")
    assert "never: its level depends on the first candle" in out


def test_an_unknown_name_is_answered_with_the_near_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, _, err = told(capsys, "show", "macdd", *NOWHERE)
    assert status == 2
    assert "Did you mean macd" in err


def test_stored_ones_are_listed_without_running_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    lab = fl.open_lab(home)
    lab.save_indicator(CODE, name="mean_close")
    (stored,) = listed(capsys, "--source", "python", "--home", str(home))
    assert (stored["name"], stored["warm_up"]) == ("mean_close", 13)
    _, out, _ = told(capsys, "show", "mean_close", "--home", str(home))
    assert "Mean of the closes." in out
