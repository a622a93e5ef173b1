"""Real commands write lines that machines can read, and leave their output alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from foresto_lab.workspace import set_up_workspace
from tests.integration.foresto_command import foresto, json_lines

INFO = {"log_level": "INFO", "log_format": "json"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return set_up_workspace(tmp_path_factory.mktemp("logs")).home


def events(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for line in lines]


def test_a_simulation_in_json(home: Path) -> None:
    done = foresto("simulate", "GROWTH", "--json", home=home, **INFO)
    answer = json.loads(done.stdout)
    lines = json_lines(done.stderr)
    assert events(lines) == ["workspace opened", "run started", "run completed"]
    assert "run_id" not in lines[0]
    assert [line["run_id"] for line in lines[1:]] == [answer["run_id"]] * 2
    assert lines[2]["request_hash"] == answer["request_hash"]
    assert lines[2]["name"] == "GROWTH"
    assert lines[2]["duration"] > 0

    again = foresto("simulate", "GROWTH", "--json", home=home, **INFO)
    assert json.loads(again.stdout) == answer
    lines = json_lines(again.stderr)
    assert events(lines) == ["workspace opened", "run reused"]
    assert lines[1]["run_id"] == answer["run_id"]


def test_by_default_nothing_is_said(home: Path) -> None:
    done = foresto("simulate", "DEFENSIVE", "--json", home=home)
    assert done.stderr == ""
    assert json.loads(done.stdout)["run_id"]


@pytest.mark.parametrize(
    "arguments", [["-v", "simulate", "MIN_VOL"], ["simulate", "MIN_VOL", "--verbose"]]
)
def test_verbose_may_stand_anywhere(home: Path, arguments: list[str]) -> None:
    done = foresto(*arguments, home=home, log_format="console")
    first, *_ = done.stderr.splitlines()
    assert "workspace opened" in first
    assert "[info" in first
    assert "\x1b" not in done.stderr
    assert "workspace opened" not in done.stdout


def test_help_loads_neither_structlog_nor_prometheus() -> None:
    code = (
        "import sys; from foresto_lab.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('structlog', 'prometheus_client') if n in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "--verbose" in done.stdout
    assert done.stderr.strip() == "[]"


def test_a_load_and_a_refused_load(home: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.csv"
    good.write_text(
        "symbol,date,close\nAAA,2024-01-02,10\nAAA,2024-01-03,11\nAAA,2024-01-04,12\n"
    )
    done = foresto("data", "load", str(good), home=home, **INFO)
    assert done.returncode == 0, done.stderr
    lines = [line for line in json_lines(done.stderr) if "load" in line["event"]]
    assert events(lines) == ["load started", "load finished"]
    finished = lines[1]
    assert finished["source"] == str(good)
    assert finished["table"] == "daily_price"
    assert (finished["rows"], finished["rows_inserted"]) == (3, 3)
    assert len(finished["checksum"]) == 64
    assert finished["duration"] > 0

    bad = tmp_path / "bad.csv"
    bad.write_text("symbol,date,close\nAAA,2024-01-05,-1\n")
    refused = foresto("data", "load", str(bad), home=home, **INFO)
    assert refused.returncode == 3
    told = json_lines("\n".join(re.findall(r"^\{.*", refused.stderr, re.MULTILINE)))
    (line,) = [line for line in told if line["event"] == "load refused"]
    assert (line["level"], line["error"]) == ("error", "QualityError")
    assert line["error_facts"]["findings"][0]["code"] == "PRICE_NOT_POSITIVE"


def test_an_error_is_said_once_to_people_and_always_to_the_file(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "foresto.jsonl"
    done = foresto("simulate", "GROWHT", home=home, log_file=str(file))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Error: ")
    (line,) = json_lines(file.read_text())
    assert (line["event"], line["error"]) == ("command failed", "UnknownNameError")
    assert line["exit_code"] == 2


def test_a_crashed_run_is_told_of_by_the_next_start(home: Path) -> None:
    code = """
import os, signal, sys
import foresto_lab.runs.simulation as simulation
import foresto_lab as fl
simulation.compute = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
fl.open_lab().simulate("GROWTH", initial_amount=77_000)
"""
    crashed = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FORESTO_HOME": str(home)},
        check=False,
    )
    assert crashed.returncode == -signal.SIGKILL
    done = foresto("runs", "list", "--json", home=home)
    failed = [run for run in json.loads(done.stdout) if run["status"] == "failed"]
    (line,) = json_lines(done.stderr)
    assert (line["level"], line["event"]) == ("warning", "crashed run failed")
    assert line["run_id"] in {run["run_id"] for run in failed}


def test_a_setting_that_cannot_be_is_a_sentence(home: Path) -> None:
    done = foresto("runs", "list", home=home, log_level="loud")
    assert done.returncode == 2
    assert "FORESTO_LOG_LEVEL cannot be used" in done.stderr


@pytest.mark.slow
def test_a_reports_kernel_logs_beside_the_notebook_and_not_into_it(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "foresto.jsonl"
    done = foresto("report", "scenario", home=home, log_file=str(file), **INFO)
    assert done.returncode == 0, done.stderr
    lines = json_lines(done.stderr)
    assert sorted(map(str, lines)) == sorted(map(str, json_lines(file.read_text())))
    page = Path(done.stdout.strip())
    report_id = page.parent.name
    opened, begun, *inside, made, completed = lines
    assert events([opened, begun, made, completed]) == [
        "workspace opened",
        "run started",
        "report made",
        "run completed",
    ]
    assert begun["run_id"] == made["run_id"] == completed["run_id"] == report_id
    assert events(inside)[0] == "workspace opened"
    runs = [line for line in inside if line["event"].startswith("run ")]
    assert runs
    assert {line["report_id"] for line in inside} == {report_id}
    assert {line["kind"] for line in runs} == {"simulation"}
    assert report_id not in {line["run_id"] for line in runs}
    for name in ("report.html", "report.ipynb"):
        assert "workspace opened" not in (page.parent / name).read_text("utf-8")


@pytest.mark.slow
def test_a_batchs_workers_log_like_the_command(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "batch.yaml"
    file.write_text(
        "- {report: scenario, parameters: {scenario: MIN_VOL}}\n"
        "- {report: scenario, parameters: {scenario: GROWTH}}\n"
    )
    done = foresto("-v", "batch", str(file), "--workers", "2", "--json", home=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["failed"] == 0
    lines = json_lines(done.stderr)
    items = [line for line in lines if line["event"] == "batch item"]
    assert sorted(line["position"] for line in items) == [1, 2]
    assert {line["status"] for line in items} == {"completed"}
    made = [line for line in lines if line["event"] == "report made"]
    assert sorted(line["batch_item"] for line in made) == [1, 2]
    inside = [line for line in lines if line.get("kind") == "simulation"]
    assert {line["batch_item"] for line in inside} == {1, 2}


@pytest.mark.slow
def test_a_team_database_is_named_without_its_password(
    team_url: str, tmp_path: Path
) -> None:
    password = urlsplit(team_url).password
    assert password
    file = tmp_path / "foresto.jsonl"
    settings = {**INFO, "database_url": team_url, "log_file": str(file)}
    initialised = foresto("init", "--sample", home=tmp_path, **settings)
    assert initialised.returncode == 0, initialised.stderr
    told = json_lines(initialised.stderr)
    assert "load finished" in events(told)
    done = foresto("simulate", "GROWTH", "--json", home=tmp_path, **settings)
    answer = json.loads(done.stdout)
    opened, started, completed = json_lines(done.stderr)
    assert opened["storage"].startswith("postgresql://")
    assert started["run_id"] == completed["run_id"] == answer["run_id"]

    unreachable = team_url.replace(f":{urlsplit(team_url).port}/", ":1/")
    settings["database_url"] = unreachable
    failed = foresto("runs", "list", home=tmp_path, **settings)
    assert failed.returncode == 4
    assert "DatabaseConnectionError" in file.read_text()
    for text in (initialised.stderr, done.stderr, failed.stderr, file.read_text()):
        assert password not in text
