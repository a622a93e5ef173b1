from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foresto_lab.errors import DiskFullError
from foresto_lab.storage import heartbeat as heartbeat_module
from foresto_lab.storage.heartbeat import Heartbeat
from foresto_lab.storage.processes import PerProcess, this_process

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat_module, "FIRST_BEAT_SECONDS", 0.05)
    monkeypatch.setattr(heartbeat_module, "BEAT_SECONDS", 0.02)


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def heartbeat_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "foresto-heartbeat"]


@pytest.mark.usefixtures("quick")
def test_runs_that_last_are_kept_alive_until_dropped() -> None:
    beats: list[Sequence[str]] = []
    heartbeat = Heartbeat(beats.append)
    heartbeat.keep("b")
    heartbeat.keep("a")
    wait_until(lambda: len(beats) >= 3)
    assert beats[0] == ["a", "b"]
    heartbeat.drop("a")
    wait_until(lambda: beats[-1] == ["b"])
    heartbeat.drop("b")
    wait_until(lambda: heartbeat._thread is None)
    count = len(beats)
    time.sleep(0.1)
    assert len(beats) == count


def test_a_short_run_has_no_beat_and_one_thread_serves_many() -> None:
    beats: list[Sequence[str]] = []
    heartbeat = Heartbeat(beats.append)
    before = len(heartbeat_threads())
    for number in range(50):
        heartbeat.keep(str(number))
        heartbeat.drop(str(number))
    assert len(heartbeat_threads()) == before + 1
    assert all(thread.daemon for thread in heartbeat_threads())
    assert beats == []


@pytest.mark.usefixtures("quick")
def test_a_missed_beat_is_followed_by_the_next() -> None:
    beats: list[Sequence[str]] = []

    def beat(runs: Sequence[str]) -> None:
        beats.append(runs)
        raise DiskFullError(path="data")

    heartbeat = Heartbeat(beat)
    heartbeat.keep("a")
    wait_until(lambda: len(beats) >= 3)
    heartbeat.drop("a")
    wait_until(lambda: heartbeat._thread is None)


def test_this_process_is_not_gone() -> None:
    assert not this_process().is_gone(LONG_AGO, NOW)
    assert this_process().process_id == os.getpid()


def test_a_killed_process_is_gone_before_and_after_it_is_collected() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    identity = replace(this_process(), process_id=child, started_at=time.time())
    assert not identity.is_gone(NOW, NOW)
    os.kill(child, signal.SIGKILL)
    wait_until(lambda: identity.is_gone(NOW, NOW))
    os.waitpid(child, 0)
    assert identity.is_gone(NOW, NOW)


def test_a_number_used_again_is_gone_when_it_is_silent() -> None:
    earlier = replace(this_process(), started_at=this_process().started_at - 1000)
    assert earlier.is_gone(LONG_AGO, NOW)
    assert not earlier.is_gone(NOW, NOW)


def test_a_process_elsewhere_is_gone_when_it_is_silent() -> None:
    elsewhere = replace(this_process(), host="elsewhere", process_id=1)
    assert elsewhere.is_gone(NOW - timedelta(seconds=121), NOW)
    assert not elsewhere.is_gone(NOW - timedelta(seconds=119), NOW)


def test_each_process_has_a_thing_of_its_own() -> None:
    things = PerProcess(list[int])
    mine = things.get()
    assert things.get() is mine
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"same" if things.get() is mine else b"own ")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 4) == b"own "
    assert things.pop() is mine
    assert things.pop() is None
    assert things.get() is not mine
