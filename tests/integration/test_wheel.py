"""The wheel works away from the repository: init, a report, and what is inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@dataclass(frozen=True, slots=True)
class Installation:
    """A virtual environment with the wheel, and a folder far from the repository."""

    binaries: Path
    away: Path

    def run(
        self, *command: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the installation in the folder away from the repository."""
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        # What installing the dependencies for real would have put into the new prefix.
        environment["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")
        done = subprocess.run(
            [str(self.binaries / command[0]), *command[1:]],
            cwd=self.away,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert not (check and done.returncode), f"{command}: {done.stdout}{done.stderr}"
        return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    subprocess.run(
        [*command, "--outdir", str(folder), str(REPOSITORY)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel alone; its dependencies are those of the running Python."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    binaries = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    variables = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site_packages = Path(sysconfig.get_path("purelib", "venv", vars=variables))
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    away = folder / "away"
    away.mkdir()
    new = Installation(binaries, away)
    new.run("python", "-m", "pip", "install", "--no-deps", "--quiet", str(wheel))
    return new


def test_templates_explorers_and_sample_are_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for pattern in ("notebooks/reports/*.ipynb", "notebooks/explore/*.ipynb"):
        for path in REPOSITORY.glob(pattern):
            relative = path.relative_to(REPOSITORY).as_posix()
            assert f"foresto_lab/_workspace/{relative}" in names
    sample = "foresto_lab/_workspace/data/sample/"
    assert f"{sample}SIMULATED_daily_prices.parquet" in names
    assert f"{sample}metadata.json" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]
    assert not [name for name in names if ".ipynb_checkpoints" in name]


def test_every_file_of_the_package_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = REPOSITORY / "foresto_lab"
    missing = [
        str(path.relative_to(REPOSITORY))
        for path in package.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(REPOSITORY).as_posix() not in names
    ]
    assert not missing


def test_the_installed_package_is_the_wheels(installation: Installation) -> None:
    code = "import foresto_lab; print(foresto_lab.__file__)"
    place = installation.run("python", "-c", code).stdout.strip()
    assert Path(place).is_relative_to(installation.binaries.parent)


def test_the_installed_packages_fit_together(installation: Installation) -> None:
    check = installation.run("python", "-m", "pip", "check", check=False)
    assert check.returncode == 0, check.stdout


def test_init_and_report_away_from_the_repository(installation: Installation) -> None:
    made = installation.run("foresto", "init", "workspace")
    workspace = installation.away / "workspace"
    assert "SIMULATED" in made.stdout
    explorers = {
        path.name for path in (workspace / "notebooks/explore").glob("*.ipynb")
    }
    assert explorers == {
        path.name for path in (REPOSITORY / "notebooks/explore").glob("*.ipynb")
    }
    installation.run("foresto", "--home", str(workspace), "report", "scenario")
    (page,) = (workspace / "reports" / "scenario").glob("*/report.html")
    assert "SIMULATED" in page.read_text(encoding="utf-8")
    manifest = json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))
    assert str(REPOSITORY) not in json.dumps(manifest)


def test_init_again_keeps_what_a_user_changed(installation: Installation) -> None:
    workspace = installation.away / "kept"
    installation.run("foresto", "init", "kept", "--no-sample")
    notebooks = sorted((workspace / "notebooks" / "explore").glob("*.ipynb"))
    assert notebooks
    notebooks[0].write_text("mine", encoding="utf-8")
    again = installation.run("foresto", "init", "kept", "--no-sample")
    assert notebooks[0].read_text(encoding="utf-8") == "mine"
    assert "kept" in again.stdout
