"""Who is told how far a search is: a callable, a bar on a terminal, or nobody."""

from __future__ import annotations

import io
import math
import sys

import pytest

from foresto_lab.optimize.searching.progress import Progress, duration_text, observing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class KernelStream(Terminal):
    """A notebook's standard error: it claims to be a terminal."""

    pub_thread = object()


HALFWAY = Progress(50, 100, 1.2345, 10.0, 12.0)


def test_a_callable_is_told_itself() -> None:
    told: list[Progress] = []
    with observing(told.append, "sharpe") as observer:
        assert observer is not None
        observer(HALFWAY)
    assert told == [HALFWAY]


def test_a_terminal_gets_a_bar_with_the_best_and_the_time_to_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with observing(None, "sharpe") as observer:
        assert observer is not None
        observer(HALFWAY)
        observer(Progress(100, 100, math.nan, 20.0, 0.0, "complete"))
    shown = screen.getvalue()
    assert "100/100" in shown
    assert "ETA 0:00" in shown


@pytest.mark.parametrize("wanted", [None, True, False])
def test_a_file_or_a_notebook_gets_no_bar(
    wanted: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    for stream in (io.StringIO(), KernelStream()):
        monkeypatch.setattr(sys, "stderr", stream)
        with observing(wanted, "sharpe") as observer:
            assert observer is None
        assert stream.getvalue() == ""


def test_no_bar_is_drawn_for_who_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with observing(False, "sharpe") as observer:
        assert observer is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.4, "0:00"), (7, "0:07"), (750, "12:30"), (11040, "3:04:00")],
)
def test_a_duration_is_short(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


def test_a_fraction_needs_a_total() -> None:
    assert HALFWAY.fraction == 0.5
    assert Progress(5, None, 0.0, 1.0, None).fraction is None
