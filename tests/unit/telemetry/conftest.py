"""Logs and counts as they are before anything set them, and put back after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from foresto_lab.telemetry import logs, metrics


@pytest.fixture(autouse=True)
def _untouched_logs() -> Iterator[None]:
    before = logs._now.options
    logs._now.change(logs.LogOptions())
    yield
    logs._now.change(replace(before))


@pytest.fixture(autouse=True)
def _untouched_counts() -> Iterator[None]:
    yield
    if metrics._counting.counts is not None:
        metrics._counting.counts.close()
    metrics._counting.counts = metrics._counting.folder = None
