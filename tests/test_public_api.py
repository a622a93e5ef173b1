"""The front door: a short sorted list of names, each documented, none loaded early."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

import foresto_lab as fl

HEAVY = (
    "IPython",
    "anywidget",
    "deltalake",
    "duckdb",
    "exchange_calendars",
    "ipywidgets",
    "numba",
    "numpy",
    "pandas",
    "papermill",
    "plotly",
    "prometheus_client",
    "pyarrow",
    "pydantic",
    "sqlalchemy",
    "structlog",
    "vectorbt",
)
IMPORT_LIMIT_SECONDS = 0.3


def run_fresh(code: str) -> Any:
    """Run code in a new interpreter and return the JSON that it prints."""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout)


def test_the_list_is_sorted_and_has_no_name_twice() -> None:
    assert fl.__all__ == sorted(set(fl.__all__))


def test_tab_completion_offers_exactly_the_list() -> None:
    assert dir(fl) == fl.__all__


def test_a_fresh_import_exposes_no_other_name() -> None:
    names = run_fresh(
        "import foresto_lab, json; print(json.dumps(list(vars(foresto_lab))))"
    )
    leaked = {n for n in names if not n.startswith("_")} - set(fl.__all__)
    assert leaked <= {"annotations", "import_module", "Any", "Final", "TYPE_CHECKING"}


@pytest.mark.parametrize("name", fl.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(fl, name)
    if name == "__version__":
        assert isinstance(value, str)
        return
    assert inspect.getdoc(value), f"fl.{name} says nothing about itself"


@pytest.mark.parametrize("name", fl.__all__)
def test_public_functions_and_methods_are_typed(name: str) -> None:
    value = getattr(fl, name)
    if inspect.isclass(value):
        members = [
            member
            for key, member in vars(value).items()
            if inspect.isfunction(member) and not key.startswith("_")
        ]
    else:
        members = [value] if inspect.isfunction(value) else []
    for member in members:
        assert "return" in member.__annotations__, member.__qualname__
        assert inspect.getdoc(member), member.__qualname__


def test_a_star_import_gives_every_name() -> None:
    names = run_fresh(
        "import json; space = {}; exec('from foresto_lab import *', space);"
        "print(json.dumps(list(space)))"
    )
    assert set(fl.__all__) <= set(names)


def test_an_unknown_name_is_answered_with_the_list() -> None:
    with pytest.raises(AttributeError, match=r"'simulat'.*simulate"):
        _ = fl.simulat  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", ["foresto_lab", "foresto_lab.cli.main"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    loaded = run_fresh(
        f"import sys, json; import {module};"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    assert not set(HEAVY) & set(loaded)


def test_the_import_is_quick() -> None:
    """The best of several: other work on the machine must not decide."""
    code = (
        "import time, json; start = time.perf_counter(); import foresto_lab;"
        "print(json.dumps(time.perf_counter() - start))"
    )
    assert min(run_fresh(code) for _ in range(3)) < IMPORT_LIMIT_SECONDS
