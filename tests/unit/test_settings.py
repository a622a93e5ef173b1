"""Where a workspace is found, and what a team's is known by."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresto_lab.errors import SettingsError, WorkspaceNotFoundError
from foresto_lab.settings import TEAM_FILE, find_home, workspace_settings
from foresto_lab.workspace import mark_as_team_workspace

URL = "postgresql://ann:opensesame@db.example/research"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the working one."""
    for name in ("FORESTO_HOME", "FORESTO_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def team_folder(folder: Path) -> Path:
    mark_as_team_workspace(folder / "data" / TEAM_FILE)
    return folder


def test_the_mark_of_a_team_is_found_from_below(
    team_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = team_folder / "notebooks" / "explore"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    monkeypatch.setenv("FORESTO_DATABASE_URL", URL)
    assert find_home() == team_folder
    assert workspace_settings().home == team_folder


def test_the_mark_names_no_database(team_folder: Path) -> None:
    text = (team_folder / "data" / TEAM_FILE).read_text(encoding="utf-8")
    assert "FORESTO_DATABASE_URL" in text
    assert "://" not in text


def test_a_teams_workspace_without_its_database_is_refused(team_folder: Path) -> None:
    with pytest.raises(SettingsError, match="FORESTO_DATABASE_URL") as refused:
        workspace_settings()
    assert str(team_folder / "data" / TEAM_FILE) in str(refused.value)


def test_the_database_may_be_named_in_the_workspaces_env_file(
    team_folder: Path,
) -> None:
    (team_folder / ".env").write_text(f"FORESTO_DATABASE_URL={URL}\n", encoding="utf-8")
    url = workspace_settings(team_folder).database_url
    assert url is not None
    assert url.get_secret_value() == URL


@pytest.mark.parametrize("by", ["environment", "argument"])
def test_a_teams_database_works_from_any_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "environment":
        monkeypatch.setenv("FORESTO_DATABASE_URL", URL)
    settings = workspace_settings(database_url=URL if by == "argument" else None)
    assert settings.home == folder


def test_another_sqlite_file_still_needs_a_workspace(folder: Path) -> None:
    with pytest.raises(WorkspaceNotFoundError):
        workspace_settings(database_url=f"sqlite:///{folder}/other.db")


def test_a_workspace_above_goes_before_this_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "foresto.db").touch()
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    monkeypatch.setenv("FORESTO_DATABASE_URL", URL)
    assert workspace_settings().home == folder


def test_the_settings_do_not_show_the_password() -> None:
    settings = workspace_settings("/somewhere", URL)
    assert "opensesame" not in repr(settings)
    assert "opensesame" not in str(settings)
