"""The design's rows of packages, held by reading every import in the package.

An import inside a function or under TYPE_CHECKING counts like any other. What may
break the order is listed with its reason, and a listed exception that is no longer
needed fails the test too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "foresto_lab"

ROWS = (
    (
        "_version",
        "errors",
        "types",
        "findings",
        "settings",
        "canonical",
        "labels",
        "workspace_files",
    ),
    ("engine", "indicators", "metrics"),
    (
        "market",
        "rebalancing",
        "scenarios",
        "registry",
        "strategies",
        "backtest",
        "optimize",
        "preflight",
        "runs",
    ),
    ("telemetry", "sources", "storage", "cluster", "figures"),
    (
        "lab_candles",
        "lab_updates",
        "lab_benchmarks",
        "lab_flows",
        "lab_strategies",
        "lab_portfolios",
        "lab_backtests",
        "lab_simulations",
        "lab_studies",
        "lab_forward",
        "lab_optimization",
        "lab_runs",
        "lab",
        "workspace",
        "smoke",
    ),
    ("reports", "widgets", "server", "cli"),
)
ORDER = {name: place for place, name in enumerate(n for row in ROWS for n in row)}
PURE_ROWS = frozenset(ROWS[1] + ROWS[2])

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("scenarios.result", "figures"): "result.plot() draws itself, loaded when called",
    (
        "scenarios.forward.result",
        "figures",
    ): "result.plot() draws itself, loaded when called",
    ("backtest.result", "figures"): "result.plot() draws itself, loaded when called",
    ("optimize.result", "figures"): "result.plot() draws itself, loaded when called",
    (
        "optimize.validation.walk_forward_result",
        "figures",
    ): "plot() draws itself, when called",
    (
        "optimize.validation.cross_validation_result",
        "figures",
    ): "plot() draws itself, when called",
    ("optimize.front", "cluster"): "workers= and dask= start workers, when called",
    ("scenarios.counterfactuals", "figures"): "study.plot() draws itself, when called",
    ("scenarios.timing_luck", "figures"): "luck.plot() draws itself, when called",
    ("scenarios.retirement.study", "figures"): "study.plot() draws itself, when called",
    ("scenarios.retirement.outlook", "figures"): "plot() draws itself, when called",
    ("market.quality.check", "runs"): "type only: the catalog knows each calendar",
    ("lab", "reports"): "lab.report() hands the workspace to a template, when called",
    ("lab", "smoke"): "lab.smoke_test() tries this very Lab, when called",
}
"""(module, package it imports from) -> why it may."""

ONLY_IN = {
    "numba": {"engine"},
    "talib": {"indicators"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "duckdb": {"storage"},
    "deltalake": {"storage"},
    "papermill": {"reports"},
    "nbconvert": {"reports"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "exchange_calendars": {"market"},
    "click": {"cli"},
    "vectorbt": {"backtest"},
    "structlog": {"telemetry"},
    "prometheus_client": {"telemetry"},
    "ccxt": {"sources"},
    "distributed": {"cluster"},
    "optuna": {"optimize"},
    "curl_cffi": {"sources"},
    "requests": {"sources"},
}
"""A library -> the packages that may know it."""

EMPTY_NAMES = ("util", "helper", "manager", "misc")
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("Timestamp", "now"),
    ("Timestamp", "today"),
    ("Timestamp", "utcnow"),
    ("time", "time"),
    ("time", "time_ns"),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One import of ``target`` (dotted, within the package) by ``module``."""

    module: str
    target: str
    line: int
    at_import: bool

    @property
    def packages(self) -> tuple[str, str]:
        """The top-level names on both sides."""
        return self.module.split(".")[0], self.target.split(".")[0]

    def __str__(self) -> str:
        return f"{self.module} (line {self.line}) imports {self.target}"


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if "_workspace" not in parts:
            yield ".".join(part for part in parts if part != "__init__"), path


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def later_lines(tree: ast.Module) -> set[int]:
    """Return the lines that do not run when the module is imported."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        deferred = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
        )
        if deferred:
            assert node.end_lineno is not None
            lines.update(range(node.lineno, node.end_lineno + 1))
    return lines


def all_imports() -> Iterator[tuple[str, str, int, bool]]:
    """Yield module, absolute dotted name imported, line, and whether at import."""
    for module, path in modules():
        tree = syntax_tree(path)
        later = later_lines(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield module, alias.name, node.lineno, node.lineno not in later
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module}: relative import, line {node.lineno}"
                base = node.module or ""
                for alias in node.names:
                    name = f"{base}.{alias.name}"
                    yield module, name, node.lineno, node.lineno not in later


def inner_imports() -> Iterator[Import]:
    known = {module for module, _ in modules()}
    for module, name, line, at_import in all_imports():
        if name == "foresto_lab" or not name.startswith("foresto_lab."):
            continue
        target = name.removeprefix("foresto_lab.")
        if target not in known:  # a name inside a module
            target = target.rpartition(".")[0] or target
        yield Import(module, target, line, at_import)


def goes_down(an_import: Import) -> bool:
    importer, imported = an_import.packages
    if importer == imported:
        return True
    row_of = {name: row for row, names in enumerate(ROWS) for name in names}
    if row_of[importer] == row_of[imported]:
        return ORDER[imported] < ORDER[importer]
    return row_of[imported] < row_of[importer]


def test_every_module_has_a_row() -> None:
    names = {module.split(".")[0] for module, _ in modules()} - {""}
    assert names <= set(ORDER), f"not in the design's rows: {names - set(ORDER)}"


def test_imports_go_to_lower_rows_or_lines_above() -> None:
    wrong = [
        an_import
        for an_import in inner_imports()
        if an_import.module
        and an_import.target.split(".")[0] in ORDER
        and not goes_down(an_import)
        and (an_import.module, an_import.packages[1]) not in EXCEPTIONS
    ]
    assert not wrong, "\n".join(str(an_import) for an_import in wrong)


def test_every_exception_is_still_needed() -> None:
    present = {(i.module, i.packages[1]) for i in inner_imports() if i.module}
    unneeded = set(EXCEPTIONS) - present
    assert not unneeded


def test_no_modules_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for an_import in inner_imports():
        if an_import.at_import and an_import.target != an_import.module:
            edges.setdefault(an_import.module, set()).add(an_import.target)
    finished: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail, module])
        if module in finished:
            return
        for target in edges.get(module, ()):
            visit(target, (*trail, module))
        finished.add(module)

    for module in list(edges):
        visit(module, ())


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_known_only_where_it_belongs(library: str) -> None:
    wrong = [
        f"{module} (line {line})"
        for module, name, line, _ in all_imports()
        if name.split(".")[0] == library
        and module.split(".")[0] not in ONLY_IN[library]
    ]
    assert not wrong, f"{library} is imported by {', '.join(wrong)}"


def test_the_front_door_imports_nothing_at_import() -> None:
    eager = [i.target for i in inner_imports() if i.module == "" and i.at_import]
    assert eager == ["_version"]


def test_the_pure_rows_read_no_clock() -> None:
    wrong = []
    for module, path in modules():
        if module.split(".")[0] not in PURE_ROWS:
            continue
        for node in ast.walk(syntax_tree(path)):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            ):
                continue
            owner = node.func.value
            name = getattr(owner, "attr", None) or getattr(owner, "id", None)
            if (name, node.func.attr) in CLOCKS:
                wrong.append(f"{module} (line {node.lineno}): {name}.{node.func.attr}")
    assert not wrong, "\n".join(wrong)


def test_names_say_what_a_thing_is() -> None:
    wrong = []
    for module, path in modules():
        names = [module.rpartition(".")[2]]
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                names.append(node.name)
        wrong += [
            f"{module or 'foresto_lab'}: {name}"
            for name in names
            if any(empty in name.lower() for empty in EMPTY_NAMES)
        ]
    assert not wrong, "\n".join(wrong)


def test_the_engine_knows_no_labels_and_no_dates() -> None:
    unknown_to_it = {"pandas", "pyarrow", "datetime", "json", "plotly", "pydantic"}
    wrong = [
        f"{module} (line {line}) imports {name}"
        for module, name, line, _ in all_imports()
        if module.split(".")[0] == "engine" and name.split(".")[0] in unknown_to_it
    ]
    assert not wrong, "\n".join(wrong)


def test_the_check_sees_an_import_that_goes_up() -> None:
    """The judge itself: made-up imports, one of each kind."""
    assert goes_down(Import("storage.catalog", "runs.record", 1, at_import=True))
    assert goes_down(Import("runs.plan", "scenarios", 1, at_import=True))
    assert not goes_down(Import("scenarios.result", "figures", 1, at_import=False))
    assert not goes_down(Import("market.calendars", "scenarios", 1, at_import=True))
    assert not goes_down(Import("engine.kernels", "lab", 1, at_import=True))
