from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from importlib import metadata
from pathlib import Path

import pytest

from foresto_lab import __version__
from foresto_lab.runs.provenance import collect_provenance, git_commit, new_run_id

INSTANT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("compared with git itself")
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_run_ids_sort_by_time_and_differ() -> None:
    ids = [new_run_id(INSTANT + timedelta(seconds=n)) for n in range(5)]
    assert ids == sorted(ids)
    assert re.fullmatch(r"20260102T030405-[0-9a-f]{6}", ids[0])
    assert new_run_id(INSTANT) != new_run_id(INSTANT)
    in_seoul = INSTANT.astimezone(timezone(timedelta(hours=9)))
    assert new_run_id(in_seoul)[:15] == ids[0][:15]


def test_provenance_names_engine_packages_and_machine() -> None:
    provenance = collect_provenance()
    assert provenance.engine_version == __version__
    assert provenance.packages["numpy"] == metadata.version("numpy")
    assert all(provenance.packages.values())
    assert provenance.packages["python"] == provenance.python_version
    assert provenance.platform
    assert collect_provenance() is provenance


def test_the_commit_is_read_without_git(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    assert git_commit(checkout) == head
    git(checkout, "pack-refs", "--all")
    assert not (checkout / ".git" / "refs" / "heads" / "main").exists()
    assert git_commit(checkout) == head
    git(checkout, "checkout", "-q", "--detach")
    assert git_commit(checkout) == head


def test_the_commit_of_a_linked_worktree_is_its_own(checkout: Path) -> None:
    first = git(checkout, "rev-parse", "HEAD")
    worktree = checkout.parent / "linked"
    git(checkout, "worktree", "add", "-q", "-b", "side", str(worktree))
    assert git_commit(worktree) == first
    git(worktree, "commit", "-q", "--allow-empty", "-m", "second")
    assert git_commit(worktree) == git(worktree, "rev-parse", "HEAD") != first
    git(worktree, "pack-refs", "--all")
    assert git_commit(worktree) == git(worktree, "rev-parse", "HEAD")
    assert git_commit(checkout) == first


def test_a_folder_that_is_no_checkout_has_no_commit(
    tmp_path: Path, checkout: Path
) -> None:
    assert git_commit(tmp_path / "nowhere") is None
    inside = checkout / "package"
    inside.mkdir()
    assert git_commit(inside) is None
    broken = tmp_path / "broken"
    (broken / ".git").mkdir(parents=True)
    (broken / ".git" / "HEAD").write_bytes(b"\xff\xfe")
    assert git_commit(broken) is None
    (broken / ".git" / "HEAD").write_text("ref: refs/heads/unborn\n")
    assert git_commit(broken) is None
