"""A workspace on a team's database: what it holds, and what it never tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

import foresto_lab as fl
from foresto_lab.errors import SettingsError
from foresto_lab.settings import find_home
from foresto_lab.workspace import set_up_workspace
from foresto_lab.workspace_files import explorer_notebooks
from tests.integration.foresto_command import foresto

SAMPLE_ROWS = 5 * 3697
BATCH = """
- {report: scenario, parameters: {scenario: MIN_VOL}, language: en}
- {report: scenario, parameters: {scenario: GROWTH}, language: ko}
"""


def password_of(url: str) -> str:
    password = urlsplit(url).password
    assert password
    return password


def files_with(folder: Path, secret: str) -> list[str]:
    """Return the files below a folder that hold a text."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


# --- setting up -------------------------------------------------------------------


def test_the_folder_holds_notebooks_and_a_mark(tmp_path: Path, team_url: str) -> None:
    setup = set_up_workspace(tmp_path / "mine", database_url=team_url)
    assert setup.is_new
    assert setup.sample_rows is None
    assert setup.team_database is not None
    assert password_of(team_url) not in setup.team_database
    names = {path.name for path in explorer_notebooks()}
    explore = tmp_path / "mine" / "notebooks" / "explore"
    assert {path.name for path in explore.iterdir()} == names
    assert [path.name for path in (tmp_path / "mine" / "data").iterdir()] == [
        "team.txt"
    ]
    assert files_with(tmp_path, password_of(team_url)) == []
    assert find_home(explore) == tmp_path / "mine"


def test_setting_up_again_changes_nothing(tmp_path: Path, team_url: str) -> None:
    set_up_workspace(tmp_path, database_url=team_url)
    again = set_up_workspace(tmp_path, database_url=team_url)
    assert not again.is_new
    assert not again.notebooks_added


def test_the_sample_goes_into_a_teams_store_when_asked_for(
    tmp_path: Path, team_url: str
) -> None:
    setup = set_up_workspace(tmp_path, database_url=team_url, with_sample=True)
    assert setup.sample_rows == SAMPLE_ROWS
    colleague = fl.open_lab(tmp_path / "other", database_url=team_url)
    assert colleague.coverage()["row_count"].sum() == SAMPLE_ROWS
    colleague.storage.close()


def test_init_by_environment_and_by_option(tmp_path: Path, team_url: str) -> None:
    tmp_path.joinpath("a").mkdir()
    by_environment = foresto("init", "here", home=tmp_path, database_url=team_url)
    assert by_environment.returncode == 0, by_environment.stderr
    assert (tmp_path / "here" / "data" / "team.txt").is_file()
    assert ".env" not in by_environment.stdout
    by_option = foresto("init", "there", "--database-url", team_url, home=tmp_path)
    assert by_option.returncode == 0, by_option.stderr
    assert str(tmp_path / "there" / ".env") in by_option.stdout
    for done in (by_environment, by_option):
        assert password_of(team_url) not in done.stdout + done.stderr
        assert "postgresql://" in done.stdout


def test_the_workspaces_env_file_names_the_database(
    tmp_path: Path, team_url: str
) -> None:
    set_up_workspace(tmp_path, database_url=team_url)
    below = tmp_path / "notebooks"
    command = [sys.executable, "-c", "from foresto_lab.cli.main import main; main()"]
    refused = subprocess.run(
        [*command, "scenarios"], cwd=below, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "FORESTO_DATABASE_URL" in refused.stderr
    assert not (tmp_path / "data" / "foresto.db").exists()
    (tmp_path / ".env").write_text(f"FORESTO_DATABASE_URL={team_url}\n", "utf-8")
    done = subprocess.run(
        [*command, "scenarios"], cwd=below, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "MIN_VOL" in done.stdout


def test_a_lab_tells_where_it_stands(tmp_path: Path, team_url: str) -> None:
    lab = fl.open_lab(tmp_path, database_url=team_url)
    given = urlsplit(team_url)
    place = f"postgresql://{given.hostname}:{given.port}{given.path}"
    assert repr(lab) == f"Lab(home={str(tmp_path)!r}, database={place!r})"
    lab.storage.close()
    own = fl.open_lab(tmp_path / "own")
    assert repr(own) == f"Lab(home={str(tmp_path / 'own')!r})"


def test_a_teams_workspace_is_not_opened_without_its_team(
    tmp_path: Path, team_url: str
) -> None:
    set_up_workspace(tmp_path, database_url=team_url)
    with pytest.raises(SettingsError, match="FORESTO_DATABASE_URL"):
        fl.open_lab(tmp_path)


def test_the_password_may_be_in_a_password_file(
    tmp_path: Path, team_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = urlsplit(team_url)
    file = tmp_path / "passwords"
    file.write_text(f"*:*:*:{given.username}:{given.password}\n", "utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    place = f"{given.username}@{given.hostname}:{given.port}"
    lab = fl.open_lab(tmp_path, database_url=given._replace(netloc=place).geturl())
    assert len(lab.scenarios()) == 3
    assert lab.coverage().empty
    lab.storage.close()


# --- reports ----------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path, team_url: str) -> Path:
    set_up_workspace(tmp_path, database_url=team_url, with_sample=True)
    return tmp_path


class CommandLines:
    """The command lines of this process's children, looked at again and again."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> CommandLines:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        this = psutil.Process()
        while not self._over.is_set():
            for child in this.children(recursive=True):
                try:
                    self.seen.add(" ".join(child.cmdline()))
                except psutil.Error:
                    continue
            time.sleep(0.02)


@pytest.mark.slow
def test_a_report_never_tells_the_password(workspace: Path, team_url: str) -> None:
    (workspace / "batch.yaml").write_text(BATCH, encoding="utf-8")
    settings = {
        "database_url": team_url,
        "log_file": "foresto.jsonl",
        "log_level": "DEBUG",
    }
    with CommandLines() as lines:
        made = foresto(
            *("report", "scenario", "-p", "scenario=DEFENSIVE", "--lang", "en"),
            home=workspace,
            **settings,
        )
        both = foresto(
            *("batch", "batch.yaml", "--workers", "2", "--json"),
            home=workspace,
            **settings,
        )
    assert made.returncode == 0, made.stderr
    assert both.returncode == 0, both.stderr
    pages = sorted(workspace.glob("reports/scenario/*/*"))
    assert [path.name for path in pages] == 3 * [
        "manifest.json",
        "report.html",
        "report.ipynb",
    ]
    log = (workspace / "foresto.jsonl").read_text("utf-8").splitlines()
    assert "kernel started" in {json.loads(line)["event"] for line in log}
    secret = password_of(team_url)
    assert files_with(workspace, secret) == []
    assert secret not in made.stdout + made.stderr + both.stdout + both.stderr
    assert any("ipykernel" in line for line in lines.seen)
    assert not [line for line in lines.seen if secret in line]
    verified = foresto("verify", str(pages[1]), home=workspace, **settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture
def broken_template(workspace: Path) -> Iterator[str]:
    """Return a template whose cell fails while it is connected to the database."""
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                'language: str = "en"', metadata={"tags": ["parameters"]}
            ),
            nbformat.v4.new_code_cell(
                "import foresto_lab as fl\n"
                "lab = fl.open_lab()\n"
                "print(lab, lab.settings, lab.storage, lab.storage.database)\n"
                "lab.run('no-such-run')"
            ),
        ],
        metadata={"foresto": {"name": "broken", "version": "1.0.0"}},
    )
    folder = workspace / "notebooks" / "reports"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "broken.ipynb")
    return "broken"


@pytest.mark.slow
def test_a_failed_report_does_not_tell_it_either(
    workspace: Path, broken_template: str, team_url: str
) -> None:
    done = foresto("report", broken_template, home=workspace, database_url=team_url)
    assert done.returncode == 1, done.stderr
    assert "no-such-run" in done.stderr
    (page,) = workspace.glob("reports/broken/*/report.html")
    assert "postgresql://" in page.with_suffix(".ipynb").read_text("utf-8")
    assert files_with(workspace, password_of(team_url)) == []
    assert password_of(team_url) not in done.stdout + done.stderr


def test_nothing_of_the_tests_own_names_the_database() -> None:
    assert "FORESTO_DATABASE_URL" not in os.environ
