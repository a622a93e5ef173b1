"""What a line holds, for people and for machines, and what it never does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from foresto_lab.errors import SettingsError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.settings import Settings
from foresto_lab.telemetry import bound, get_logger, in_this_context, logs
from foresto_lab.types import Severity

log = get_logger("foresto_lab.somewhere")
PASSWORD = "correct-horse-battery"


class Terminal(io.StringIO):
    """A standard error that a person looks at."""

    def isatty(self) -> bool:
        return True


def set_logs(**settings: Any) -> None:
    logs.configure_logs(Settings(_env_file=None, **settings))


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# --- forms ------------------------------------------------------------------------


def test_a_machine_gets_one_json_object_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs(log_level="info")
    log.info("load finished", rows=12, note="two\nlines\u2028three", name="성장형")
    out, err = capsys.readouterr()
    assert out == ""
    assert "성장형" in err
    (line,) = json_lines(err)
    assert list(line)[:4] == ["timestamp", "level", "event", "logger"]
    assert line["level"] == "info"
    assert line["event"] == "load finished"
    assert line["logger"] == "foresto_lab.somewhere"
    assert (line["rows"], line["name"]) == (12, "성장형")
    assert line["note"] == "two\nlines\u2028three"
    age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
    assert 0 <= age.total_seconds() < 60


def test_a_person_gets_colors_and_the_event_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stderr", Terminal())
    set_logs(log_level="INFO")
    log.info("load finished", rows=12)
    line = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[" in line
    assert line.index("load finished") < line.index("rows")


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stderr", Terminal())
    set_logs(log_level="INFO")
    log.info("load finished", rows=12)
    line = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in line
    assert "rows=12" in line


def test_a_value_cannot_speak_to_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs(log_level="INFO", log_format="console")
    log.info("load started", source="a\x1b[31m\x07b\x9bc", fake="x\n2026 [info] y")
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert not {"\x1b", "\x07", "\x9b"} & set(err)
    assert r"a\x1b[31m\x07b\x9bc" in err


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "nan"),
        (np.float64(2.5), 2.5),
        (np.int64(7), 7),
        (np.zeros((3, 2)), "ndarray of shape (3, 2)"),
        (pd.DataFrame({"a": [1]}), "DataFrame of shape (1, 1)"),
        (Path("a/b"), "a/b"),
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00+00:00"),
        (Severity.ERROR, "error"),
        (True, True),
        (None, None),
        (tuple(range(25)), [*range(20), "and 5 more"]),
        ("x" * 5000, "x" * 4000 + "… (5000 characters)"),
        (SecretStr(PASSWORD), "**********"),
        ("file\udcff", "file\udcff"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_value_becomes_plain_json(
    capsys: pytest.CaptureFixture[str], value: object, written: object
) -> None:
    set_logs(log_level="INFO")
    log.info("said", value=value)
    (line,) = json_lines(capsys.readouterr().err)
    assert line["value"] == written
    assert type(line["value"]) is type(written)


# --- levels -----------------------------------------------------------------------


def test_warnings_are_written_by_default_and_no_less(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs()
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    events = [line["event"] for line in json_lines(capsys.readouterr().err)]
    assert events == ["c", "d"]
    assert not log.is_on("INFO")
    assert log.is_on("WARNING")


def test_verbose_shows_more_and_never_less(capsys: pytest.CaptureFixture[str]) -> None:
    set_logs(log_level="ERROR")
    logs.show_from("INFO")
    log.info("a")
    set_logs(log_level="DEBUG")
    log.debug("b")
    events = [line["event"] for line in json_lines(capsys.readouterr().err)]
    assert events == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "repeated"),
    [
        ({}, False),
        ({"log_format": "console"}, False),
        ({"log_format": "json"}, True),
        ({"log_level": "INFO"}, True),
    ],
)
def test_a_raised_error_is_not_told_twice_to_a_person(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    settings: dict[str, str],
    repeated: bool,
) -> None:
    file = tmp_path / "log.jsonl"
    set_logs(log_file=file, **settings)
    log.failure("run failed", ValueError("no"))
    assert ("run failed" in capsys.readouterr().err) is repeated
    assert [line["event"] for line in json_lines(file.read_text())] == ["run failed"]


def test_a_line_below_the_level_loads_no_structlog() -> None:
    code = (
        "import sys; from foresto_lab.telemetry import get_logger, bound\n"
        "with bound(run_id='r'): get_logger('x').info('nothing')\n"
        "print('structlog' in sys.modules, 'prometheus_client' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
    assert done.stderr == ""


# --- errors -----------------------------------------------------------------------


def test_a_known_error_brings_its_class_sentence_and_facts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs()
    error = UnknownNameError(kind="scenario", given="GROWHT", allowed=("GROWTH",))
    log.error("run failed", error=error)
    (line,) = json_lines(capsys.readouterr().err)
    assert line["error"] == "UnknownNameError"
    assert line["message"] == str(error)
    assert line["error_facts"] == {
        "kind": "scenario",
        "given": "GROWHT",
        "allowed": ["GROWTH"],
    }
    assert "exception" not in line


def test_an_unknown_error_brings_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs()
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        log.error("run failed", error=error)
    (line,) = json_lines(capsys.readouterr().err)
    assert line["message"] == "division by zero"
    assert "test_log_lines.py" in line["exception"]


def test_findings_among_the_facts_are_written_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs()
    finding = Finding(
        code="WEEKEND", severity=Severity.ERROR, message="No.", where="f", fix="Fix."
    )
    log.error("load refused", findings=(finding,))
    (line,) = json_lines(capsys.readouterr().err)
    assert line["findings"][0]["code"] == "WEEKEND"


# --- secrets ----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_password_reaches_a_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    url = f"postgresql://ann:{PASSWORD}@host/lab"
    file = tmp_path / "log.jsonl"
    set_logs(log_format=form, log_level="INFO", log_file=file, database_url=url)
    with bound(where=url):
        log.info(
            f"opened {url}",
            url=url,
            nested={"deep": [{"url": url}], "password": PASSWORD, url: 1},
            password=PASSWORD,
            secret=SecretStr(PASSWORD),
            words=f"the word {PASSWORD} alone",
        )
        try:
            raise RuntimeError(f"cannot reach {url}")
        except RuntimeError as error:
            log.failure("failed", error)
        log.error("failed", error=UnknownNameError(kind=url, given=url, allowed=(url,)))
    written = capsys.readouterr().err + file.read_text()
    assert PASSWORD not in written
    assert written.count("postgresql://ann:***@host/lab") > 10
    assert PASSWORD not in repr(logs._now.options)


# --- bound facts ------------------------------------------------------------------


def test_bound_facts_are_in_every_line_inside_and_in_none_after(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs(log_level="INFO")
    with bound(run_id="outer", name="a"):
        log.info("1")
        with bound(run_id="inner"):
            log.info("2")
            log.info("3", run_id="own")
        log.info("4")
    log.info("5")
    lines = json_lines(capsys.readouterr().err)
    assert [line.get("run_id") for line in lines] == [
        "outer",
        "inner",
        "own",
        "outer",
        None,
    ]
    assert [line.get("name") for line in lines] == ["a", "a", "a", "a", None]


def test_each_thread_keeps_the_run_it_was_started_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs(log_level="INFO")
    meet = threading.Barrier(8)

    def work(number: int) -> None:
        meet.wait(10)
        for _ in range(20):
            log.info("working", number=number)

    threads = []
    for number in range(7):
        with bound(run_id=f"run-{number}"):
            carried = in_this_context(work)
            threads.append(threading.Thread(target=carried, args=[number]))
    threads.append(threading.Thread(target=work, args=[7]))  # without its context
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    lines = json_lines(capsys.readouterr().err)
    assert len(lines) == 160
    assert {(line["number"], line.get("run_id")) for line in lines} == {
        *((number, f"run-{number}") for number in range(7)),
        (7, None),
    }


def test_one_context_may_be_used_by_many_threads_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_logs(log_level="INFO")
    meet = threading.Barrier(4)

    def work() -> None:
        meet.wait(10)
        log.info("working")

    with bound(run_id="shared"):
        carried = in_this_context(work)
    threads = [threading.Thread(target=carried) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    lines = json_lines(capsys.readouterr().err)
    assert [line["run_id"] for line in lines] == ["shared"] * 4


# --- the file ---------------------------------------------------------------------


def test_many_processes_append_whole_lines_to_one_file(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "foresto.jsonl"
    code = (
        "import sys; from foresto_lab.settings import Settings\n"
        "from foresto_lab.telemetry import get_logger, logs\n"
        "logs.configure_logs(Settings(log_level='INFO'))\n"
        "for n in range(200): get_logger('x').info('line', n=n, text='y' * 500)"
    )
    environment = {**os.environ, "FORESTO_LOG_FILE": str(file)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL
        )
        for _ in range(3)
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    lines = json_lines(file.read_text())
    assert sorted(line["n"] for line in lines) == sorted([*range(200)] * 3)


def test_the_file_may_be_moved_away(tmp_path: Path) -> None:
    file = tmp_path / "foresto.jsonl"
    set_logs(log_file=file)
    log.warning("one")
    file.rename(tmp_path / "foresto.jsonl.1")
    log.warning("two")
    assert json_lines(file.read_text())[0]["event"] == "two"


def test_a_relative_file_lies_in_the_workspace(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, log_file="logs/foresto.jsonl")
    logs.configure_logs(settings, tmp_path)
    log.warning("one")
    assert (tmp_path / "logs" / "foresto.jsonl").is_file()


def test_a_file_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsError, match=r"FORESTO_LOG_FILE.*taken"):
        set_logs(log_file=tmp_path / "taken" / "foresto.jsonl")


def test_a_line_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    set_logs()
    log.warning("closed")
    monkeypatch.setattr("sys.stderr", None)
    log.warning("none")
    log.warning("broken", value=Broken())


# --- before the settings are read, and in a kernel --------------------------------


def test_the_environment_counts_before_the_settings_are_read() -> None:
    options = logs.options_from(
        {"FORESTO_LOG_LEVEL": "debug", "FORESTO_LOG_FORMAT": "JSON"}
    )
    assert (options.level, options.format) == ("DEBUG", "json")
    options = logs.options_from({"FORESTO_LOG_LEVEL": "loud", logs.HANDED_ON: "{"})
    assert (options.level, options.format) == ("WARNING", "auto")


def test_a_kernel_is_told_how_to_log() -> None:
    logs.show_from("INFO")
    told = logs.options_from(logs.handed_on(7, report_id="r-1"))
    assert told.threshold == logs.LEVELS["INFO"]
    assert told.descriptor == 7
    assert told.facts == {"report_id": "r-1"}


def test_a_kernel_writes_to_what_it_was_handed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read, write = os.pipe()
    try:
        logs._now.change(logs.options_from(logs.handed_on(write, report_id="r-1")))
        log.warning("from the kernel")
        (line,) = json_lines(os.read(read, 10_000).decode())
    finally:
        os.close(read)
        os.close(write)
    assert line["report_id"] == "r-1"
    assert capsys.readouterr().err == ""
