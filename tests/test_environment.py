"""pyproject, the lock and environment.yml agree, and no tracked file names a host."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("linux", "darwin", "win32")
HOSTS = (
    r"pypi\." + "org",
    r"pythonhosted\." + "org",
    r"registry\.npm" + r"js\.org",
    r"anaconda\." + r"(org|com)",
    r"deb\.deb" + r"ian\.org",
    "--index" + "-url",
    "--extra-index" + "-url",
    "--find" + "-links",
    "--trusted" + "-host",
)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock_lines() -> list[str]:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def environment() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def marker_environment(python: str, platform: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "os_name": "nt" if platform == "win32" else "posix",
        "platform_system": {"win32": "Windows", "darwin": "Darwin"}.get(
            platform, "Linux"
        ),
    }


def locked_for(lines: list[str], python: str, platform: str) -> dict[str, str]:
    """Return name -> version that the lock installs there, each name once."""
    versions: dict[str, str] = {}
    for line in lines:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker and not marker.evaluate(marker_environment(python, platform)):
            continue
        name = canonicalize_name(requirement.name)
        assert name not in versions, f"{name} is locked twice for {python} {platform}"
        (pin,) = requirement.specifier
        versions[name] = pin.version
    return versions


def test_the_lock_holds_names_and_versions_only(lock_lines: list[str]) -> None:
    shape = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.+!]*( ; [^#@]+)?")
    wrong = [line for line in lock_lines if not shape.fullmatch(line)]
    assert not wrong
    names = [line.partition("==")[0] for line in lock_lines]
    assert names == sorted(names)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_lock_satisfies_the_project(
    project: dict[str, Any], lock_lines: list[str], python: str, platform: str
) -> None:
    locked = locked_for(lock_lines, python, platform)
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *(text for extra in extras for text in extra if "foresto-lab[" not in text),
    ]
    for text in wanted:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker and not marker.evaluate(marker_environment(python, platform)):
            continue
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in the lock"
        assert requirement.specifier.contains(version), f"{text} but {version} locked"


def test_the_extra_of_connectors_names_every_one(project: dict[str, Any]) -> None:
    from foresto_lab.sources.connectors import candle_connector, daily_connector

    extras = project["project"]["optional-dependencies"]
    (together,) = (Requirement(text) for text in extras["connectors"])
    facts = [
        *(daily_connector(name).facts for name in ("pykrx", "fdr", "yfinance")),
        candle_connector("ccxt:binance").facts,
    ]
    assert together.extras == {fact.extra for fact in facts}
    for fact in facts:
        names = [
            canonicalize_name(Requirement(text).name) for text in extras[fact.extra]
        ]
        assert canonicalize_name(fact.library) in names


def test_conda_gives_python_and_the_lock_the_rest(
    project: dict[str, Any], environment: dict[str, Any]
) -> None:
    entries = environment["dependencies"]
    (pip_entries,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    assert pip_entries == ["-r requirements.lock", "-e ."]
    conda = {entry.split("=")[0]: entry for entry in entries if isinstance(entry, str)}
    supported = SpecifierSet(project["project"]["requires-python"])
    assert supported.contains(conda["python"].split("=")[1] + ".0")
    libraries = {
        canonicalize_name(Requirement(text).name)
        for text in project["project"]["dependencies"]
    }
    assert not libraries & set(conda), "libraries come from the lock, not from conda"


def test_the_makefile_accepts_the_pythons_of_the_project(
    project: dict[str, Any],
) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    supported = SpecifierSet(project["project"]["requires-python"])
    bounds = re.search(r"\((3), (\d+)\) <= .* < \((3), (\d+)\)", text)
    assert bounds
    first, after = int(bounds[2]), int(bounds[4])
    assert [f"3.{minor}" for minor in range(first, after)] == list(PYTHONS)
    assert all(supported.contains(f"{python}.0") for python in PYTHONS)
    assert not supported.contains(f"3.{after}.0")
    assert not supported.contains(f"3.{first - 1}.9")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("demo", "foresto --home . report scenario"),
        ("test", "-m pytest"),
        ("lint", "ruff check ."),
        ("bench", "-m tests.benchmarks"),
        ("lab", "jupyter lab"),
    ],
)
def test_every_target_sets_itself_up_first(
    target: str, expected: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        ["make", "--dry-run", target, f"VENV={tmp_path / 'venv'}", "PYTHON=python3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    commands = done.stdout
    assert commands.index("-r requirements.lock") < commands.index(expected)


def test_without_a_usable_python_make_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "setup", f"VENV={tmp_path / 'venv'}", "PYTHON="],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_ci_runs_what_a_developer_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("make ")]
    assert commands == ["make test", "make lint"]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_registry() -> None:
    pattern = re.compile("|".join(HOSTS).encode())
    wrong = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.suffix not in {".png", ".parquet", ".woff2"}
        and pattern.search(path.read_bytes())
    ]
    assert not wrong


def test_nothing_large_or_private_is_tracked() -> None:
    large = [p for p in tracked_files() if p.stat().st_size > 2_500_000]
    assert not large
    names = {path.name for path in tracked_files()}
    assert ".env" not in names
    assert "foresto.db" not in names


def test_the_installed_packages_fit_together() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout
