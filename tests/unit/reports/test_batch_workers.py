"""What a worker is told of a workspace: no password beyond this machine."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from foresto_lab.errors import WorkspaceNotFoundError
from foresto_lab.reports import batch
from foresto_lab.reports.batch import BatchItem, WorkerTerms, run_in_worker

ITEM = BatchItem(3, "scenario", {}, "key")


def lab_of(version: str) -> Any:
    return SimpleNamespace(
        home=Path("/somewhere"),
        settings=SimpleNamespace(database_url=SecretStr("postgresql://u:hush@h/db")),
        storage=SimpleNamespace(series=SimpleNamespace(data_version=lambda: version)),
    )


def test_no_password_goes_to_a_scheduler() -> None:
    terms = WorkerTerms.of(lab_of("7"), elsewhere=True)
    assert b"hush" not in pickle.dumps(terms)
    here = WorkerTerms.of(lab_of("7"), elsewhere=False)
    assert here.database_url == "postgresql://u:hush@h/db"
    assert "hush" not in repr(here)


def test_a_worker_that_finds_other_data_makes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "_worker_lab", lambda terms: lab_of("8"))
    outcome = run_in_worker(WorkerTerms("/somewhere", "7", None, None), ITEM)
    assert (outcome.position, outcome.status) == (3, "failed")
    assert "other data in /somewhere" in outcome.reason


def test_a_worker_that_finds_no_workspace_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(terms: WorkerTerms) -> Any:
        raise WorkspaceNotFoundError(path="/somewhere")

    monkeypatch.setattr(batch, "_worker_lab", missing)
    outcome = run_in_worker(WorkerTerms("/somewhere", "7", None, None), ITEM)
    assert outcome.status == "failed"
    assert "No workspace in /somewhere" in outcome.reason
