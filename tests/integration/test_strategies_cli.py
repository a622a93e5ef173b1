"""The commands about strategies, the registry and backtests, as one types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import foresto_lab as fl
from foresto_lab.cli.main import foresto, main
from tests.integration.test_backtest_runs import CODE, DIP, candles


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    lab = fl.open_lab(home)
    lab.storage.candles.load_candles(candles("AAA", 1))
    lab.storage.close()
    (home / "dip.json").write_text(json.dumps({"name": "Dip", **DIP}))
    (home / "crossing.py").write_text(CODE)
    return home


def foresto_says(home: Path, *words: str, answer: str | None = None) -> str:
    done = CliRunner().invoke(foresto, ["--home", str(home), *words], input=answer)
    assert done.exit_code == 0, done.output + str(done.exception)
    return str(done.output)


def as_json(home: Path, *words: str) -> Any:
    return json.loads(foresto_says(home, *words, "--json"))


def refused(
    home: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


BACKTEST = ("backtest", "--symbols", "AAA", "--timeframe", "1h")


def test_a_backtest_is_printed_and_registered(home: Path) -> None:
    told = foresto_says(home, *BACKTEST, "hyperrsi", "-p", "rsi_period=7")
    assert "hyperrsi · AAA · 1h" in told
    assert "Sharpe ratio" in told
    found = as_json(
        home, *BACKTEST, "hyperrsi", "-p", "rsi_period=7", "--fee-rate", "0.001"
    )
    assert found["strategy"]["config"]["rsi_period"] == 7
    assert found["execution"]["fee_rate"] == 0.001
    assert found["metrics"]["total_trades"] > 0
    again = as_json(
        home, *BACKTEST, "hyperrsi", "-p", "rsi_period=7", "--fee-rate", "0.001"
    )
    assert again["run_id"] == found["run_id"]
    long_only = as_json(home, *BACKTEST, "hyperrsi", "--long-only")
    assert long_only["execution"]["allow_short"] is False
    assert "backtest" in foresto_says(home, "runs", "list", "--kind", "backtest")
    assert "reproduces" in foresto_says(home, "runs", "reproduce", found["run_id"])


def test_a_file_is_traded_and_kept(home: Path, tmp_path: Path) -> None:
    file = str(home / "dip.json")
    by_file = as_json(home, *BACKTEST, file)
    kept = as_json(home, "strategies", "add", file, "--tag", "kr")
    assert (kept["name"], kept["version"], kept["tags"]) == ("Dip", "1.0.0", ["kr"])
    by_name = as_json(home, *BACKTEST, "dip@1.0.0")
    assert by_name["metrics"] == by_file["metrics"]
    names = [row["name"] for row in as_json(home, "strategies", "list", "--tag", "kr")]
    assert names == ["Dip"]
    assert "hyperrsi" in foresto_says(home, "strategies")
    assert "rsi_oversold" in foresto_says(home, "strategies", "show", "hyperrsi")
    assert kept["checksum"] in foresto_says(home, "strategies", "show", "Dip")

    shallow = {**DIP, "risk": {"stop_loss": 0.1}, "name": "Dip"}
    (tmp_path / "dip.json").write_text(json.dumps(shallow))
    as_json(home, "strategies", "add", str(tmp_path / "dip.json"))
    done = CliRunner().invoke(
        foresto,
        [
            *(
                "--home",
                str(home),
                "strategies",
                "diff",
                "Dip",
                "1.0.0",
                "1.0.1",
                "--json",
            )
        ],
    )
    assert done.exit_code == 1
    assert {
        "path": "content.risk.stop_loss",
        "action": "changed",
        "before": 0.05,
        "after": 0.1,
    } in json.loads(done.output)
    foresto_says(home, "strategies", "deactivate", "Dip@1.0.1")
    assert as_json(home, "strategies", "show", "Dip")["version"] == "1.0.0"
    foresto_says(home, "strategies", "activate", "Dip@1.0.1")
    assert as_json(home, "strategies", "show", "Dip")["version"] == "1.0.1"

    folder = tmp_path / "git"
    assert len(as_json(home, "strategies", "export", str(folder), "Dip")) == 1
    planned = as_json(
        tmp_path / "new", "strategies", "import", str(folder), "--dry-run"
    )
    assert [row["status"] for row in planned] == ["new", "new"]
    assert as_json(tmp_path / "new", "registry", "list") == []
    as_json(tmp_path / "new", "strategies", "import", str(folder))
    assert len(as_json(tmp_path / "new", "registry", "list")) == 2


def test_code_is_shown_before_it_is_trusted(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "platformdirs.user_config_path", lambda name, *_, **__: tmp_path / name
    )
    file = str(home / "crossing.py")
    told = foresto_says(home, "strategies", "add", file, "--name", "Shown")
    assert "foresto registry trust 'Shown@1.0.0'" in told
    code, said = refused(home, capsys, *BACKTEST, "Shown")
    assert code == 3
    assert "not trusted on this machine" in said
    done = CliRunner().invoke(
        foresto, ["--home", str(home), "registry", "trust", "Shown"], input="n\n"
    )
    assert done.exit_code == 1
    assert "class Crossing(TradingStrategy)" in done.output
    assert as_json(home, "registry", "trusted") == []
    foresto_says(home, "registry", "trust", "Shown", answer="y\n")
    assert as_json(home, *BACKTEST, "Shown")["metrics"]["total_trades"] > 0
    (trusted,) = as_json(home, "registry", "trusted")
    assert (trusted["name"], trusted["version"]) == ("Shown", "1.0.0")
    assert "not trusted any more" in foresto_says(home, "registry", "untrust", "shown")
    foresto_says(home, "registry", "trust", "Shown@1.0.0", "--yes")
    foresto_says(home, "registry", "untrust", "Shown@1.0.0")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((*BACKTEST, "hyperrsy"), 2, "Did you mean hyperrsi"),
        ((*BACKTEST, "nowhere.json"), 2, "nowhere.json"),
        ((*BACKTEST, "hyperrsi", "-p", "period"), 2, "KEY=VALUE"),
        ((*BACKTEST, "hyperrsi", "-p", "rsi_period=100"), 2, "rsi_period"),
        ((*BACKTEST, "hyperrsi", "--leverage", "21"), 2, "leverage"),
        ((*BACKTEST, "hyperrsi", "--start", "2030-01-01"), 3, "cannot run"),
        (("backtest", "hyperrsi", "--symbols", ","), 2, "symbols"),
        (("strategies", "show", "a@b"), 2, "semantic version"),
        (("strategies", "show", "../../etc"), 2, "cannot name"),
        (("strategies", "deactivate", "Dip"), 2, "Say which version"),
        (("strategies", "import", "/nowhere"), 2, "nowhere"),
        (("strategies", "export", "out", "Nothing"), 2, "Nothing"),
        (("registry", "trust", "Nobody"), 2, "Nobody"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    status, said = refused(home, capsys, *words)
    assert sentence in said
    assert status == code
    assert "Traceback" not in said
