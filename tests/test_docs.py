"""The documentation keeps up: commands, measures, codes, links, and code that runs."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pandas as pd
import pytest

from foresto_lab.cli.main import COMMANDS, foresto

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
RUN = "from foresto_lab.cli.main import main; main()"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_cli_page", DOCS / "make_cli_page.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMMAND_PAGE = generator()
ALL_COMMANDS = {
    " ".join(words): command for words, command in COMMAND_PAGE.commands(foresto)
}


@pytest.mark.parametrize("words", ALL_COMMANDS)
def test_every_command_has_help_and_is_documented(words: str) -> None:
    command = ALL_COMMANDS[words]
    assert command.help, f"foresto {words} has no help text"
    assert f"`foresto {words}" in text_of("docs/cli.md")


@pytest.mark.parametrize("words", ALL_COMMANDS)
def test_every_option_has_help(words: str) -> None:
    for parameter in ALL_COMMANDS[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"foresto {words} {parameter.opts[0]}"


def test_the_command_page_is_up_to_date() -> None:
    assert text_of("docs/cli.md") == COMMAND_PAGE.make_page(), (
        "run: python docs/make_cli_page.py"
    )


def test_every_command_is_registered_once() -> None:
    assert len(set(COMMANDS.values())) == len(COMMANDS)


def test_every_measure_has_its_convention() -> None:
    prices = pd.DataFrame(
        {"a": [1.0, 1.1, 1.05]}, index=pd.bdate_range("2024-01-02", periods=3)
    )
    from foresto_lab import simulate

    headings = re.findall(r"^### (.+)$", text_of("docs/numbers.md"), re.MULTILINE)
    explained = {name.strip() for line in headings for name in line.split(",")}
    assert set(simulate(prices, {"a": 1.0}).summary.index) <= explained


def test_every_check_and_quality_rule_has_its_entry() -> None:
    from foresto_lab.market.candle_quality import CANDLE_RULES
    from foresto_lab.market.quality.rules import RULES
    from foresto_lab.preflight.portfolio import PORTFOLIO_CHECKS

    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (\w+) \|", text_of("docs/data.md"), re.MULTILINE
    )
    declared_checks = (PORTFOLIO_CHECKS, RULES, CANDLE_RULES)
    for checks in declared_checks:
        for code, declared in checks.items():
            assert (code, str(declared.severity)) in rows


def test_every_setting_is_documented() -> None:
    from foresto_lab.settings import Settings

    page = text_of("docs/cli.md")
    for name in Settings.model_fields:
        assert f"`FORESTO_{name.upper()}`" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert "://" not in target or target.startswith("https://doi.org/"), target
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


# --- the README's code runs -------------------------------------------------------


def blocks(language: str) -> list[str]:
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return fence.findall(text_of("README.md"))


def run_commands(script: str, folder: Path) -> None:
    for line in script.splitlines():
        for part in line.split("&&"):
            words = shlex.split(part, comments=True)
            if not words or words[0] == "cd":
                continue
            assert words[0] == "foresto", part
            done = subprocess.run(
                [sys.executable, "-c", RUN, *words[1:]],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{part}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def research(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace that the README's first command makes."""
    folder = tmp_path_factory.mktemp("readme")
    run_commands("foresto init research", folder)
    return folder / "research"


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
def test_the_tour_runs(research: Path) -> None:
    tour, portfolios, strategies, searches, _ = blocks("sh")
    run_commands(tour.replace("foresto init research", "foresto init ."), research)
    run_commands(portfolios, research)
    run_commands(strategies, research)
    run_commands(searches, research)


@pytest.mark.xdist_group("readme")
def test_the_api_example_runs(research: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(research)
    code, *others = blocks("python")
    space: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), space)
    for other in others:
        exec(compile(other, "README.md", "exec"), space)
    assert len(others) == 3
    assert len(space["table"]) == 22  # type: ignore[arg-type]
    assert len([line for line in code.splitlines() if line.strip()]) <= 20


@pytest.mark.slow
@pytest.mark.xdist_group("readme")
@pytest.mark.shared_data
def test_real_prices_from_a_file(
    tmp_path_factory: pytest.TempPathFactory, shared_data: Path
) -> None:
    folder = tmp_path_factory.mktemp("real")
    run_commands("foresto init . --no-sample", folder)
    rows = pd.read_parquet(shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet")
    symbol = "ticker" if "ticker" in rows.columns else "symbol"
    held = rows[rows[symbol].isin(["SPY", "IEF", "BIL", "GLD", "DBC"])]
    held.to_csv(folder / "prices.csv", index=False)
    *_, real = blocks("sh")
    run_commands(real, folder)
