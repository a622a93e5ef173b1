"""The frame of the command line: every failure ends in a sentence and a code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from foresto_lab.cli import main as frame
from foresto_lab.errors import WorkspaceNotFoundError


def end_of(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        frame.main(args)
    return int(ended.value.code or 0), capsys.readouterr().err


def failing(error: BaseException) -> click.Command:
    @click.command()
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (WorkspaceNotFoundError(path="here"), 4, "foresto init DIR"),
        (KeyboardInterrupt(), 130, "Stopped"),
        (click.Abort(), 130, "Stopped"),
        (ZeroDivisionError("oops"), 70, "foresto_lab itself failed"),
    ],
)
def test_an_error_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    words: str,
) -> None:
    monkeypatch.setattr(frame, "foresto", failing(error))
    code, said = end_of(capsys=capsys)
    assert code == status
    assert words in said
    assert "Traceback" not in said


def test_a_fault_of_ours_leaves_its_details_in_a_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(frame, "foresto", failing(ZeroDivisionError("oops")))
    _, said = end_of(capsys=capsys)
    (log,) = tmp_path.glob("foresto-*.log")
    assert str(log) in said
    assert "ZeroDivisionError: oops" in log.read_text(encoding="utf-8")


def test_without_a_workspace_it_says_how_to_make_one(tmp_path: Path) -> None:
    code = "from foresto_lab.cli.main import main; main(['runs', 'list'])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 4
    assert "foresto init DIR" in run.stderr
