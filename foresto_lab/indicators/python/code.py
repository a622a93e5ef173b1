"""Python code of an indicator, read without running it.

What it declares stands in literals at the top of the module::

    SUMMARY = "Mean of the closes."
    PARAMETERS = {"period": {"default": 14, "low": 2, "high": 200}}
    OUTPUTS = ["mean"]
    WARM_UP = {"period": 1, "bars": -1}      # period - 1 bars

    def compute(candles, period):
        return candles["close"].rolling(period).mean()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from foresto_lab.errors import InputError
from foresto_lab.findings import Finding
from foresto_lab.indicators.parameters import Parameter, ParameterKind
from foresto_lab.types import Severity

DECLARATIONS: Final = ("PARAMETERS", "OUTPUTS", "WARM_UP", "SETTLING", "SUMMARY")

FREE_IMPORTS: Final = frozenset(
    {
        "__future__",
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "math",
        "numba",
        "numpy",
        "operator",
        "pandas",
        "random",
        "re",
        "scipy",
        "statistics",
        "talib",
        "typing",
        "warnings",
    }
)
"""Modules that compute; any other may reach files, the network or other programs."""
_REACHING: Final = frozenset(
    {
        "__import__",
        "breakpoint",
        "compile",
        "eval",
        "exec",
        "globals",
        "input",
        "locals",
        "open",
        "vars",
    }
)
"""Built-in functions that reach beyond what they are handed."""
_PANDAS_FILES: Final = ("read_", "to_csv", "to_pickle", "to_parquet", "to_sql")


def check_code(code: str) -> list[Finding]:
    """Return what stands against running a code; nothing of it is run.

    A reader's aid, no sandbox: what decides is whether the code is trusted.

    Returns
    -------
    list of Finding
        ``PYTHON_SYNTAX`` and ``PYTHON_COMPUTE`` (there must be one function
        ``compute(candles, ...)``), ``PYTHON_IMPORT`` for each module that does more
        than compute, ``PYTHON_REACH`` for each name that reaches out otherwise.
    """
    try:
        tree = _parse(code)
    except InputError as error:
        return [_finding("PYTHON_SYNTAX", str(error), "code", "Correct it.")]
    return [*_missing_compute(tree), *_imports(tree), *_reaching(tree)]


def declared_in(code: str) -> dict[str, Any]:
    """Return what a code declares, by lower-case names; nothing of it is run.

    Raises
    ------
    InputError
        It is no Python, or a declaration is no literal.
    """
    declared: dict[str, Any] = {}
    for node in _parse(code).body:
        for name, value in _assignments(node):
            if name in DECLARATIONS:
                declared[name.lower()] = _literal(name, value)
    return declared


def parse_parameters(given: object) -> tuple[Parameter, ...]:
    """Return parameters from ``{name: default}`` or ``{name: {default, low, high}}``.

    Raises
    ------
    InputError
        They are written otherwise.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            message=f"PARAMETERS is {type(given).__name__}, but must be a mapping of "
            'names to defaults, or to {"default": 14, "low": 2, "high": 200}.'
        )
    return tuple(_parameter(str(name), value) for name, value in given.items())


def parse_bars(given: Any, what: str, names: Sequence[str]) -> Mapping[str, float]:
    """Return a count of bars as factors of parameters, and ``bars`` to add.

    ``5`` is ``{"bars": 5}``; ``{"period": 3, "bars": -1}`` is 3 x period - 1.

    Raises
    ------
    InputError
        It is written otherwise, or names what is no parameter.
    """
    factors: dict[Any, Any] = (
        {"bars": given} if not isinstance(given, Mapping) else dict(given)
    )
    for name, factor in factors.items():
        is_number = isinstance(factor, (int, float)) and not isinstance(factor, bool)
        if name not in ("bars", *names) or not is_number:
            raise InputError(
                message=f"{what} is {given!r}, but must be a count of bars, or factors "
                'of parameters such as {"period": 1, "bars": -1}; there are '
                f"{', '.join(names) or 'no parameters'}."
            )
    return {str(name): float(factor) for name, factor in factors.items()}


def _parse(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        raise InputError(message=f"The code is no Python{where}: {error}.") from None


def _assignments(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Name):
            yield target.id, node.value


def _literal(name: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise InputError(
            message=f"{name} in line {node.lineno} of the code is computed, but must "
            "be written out: it is read without running the code."
        ) from None


def _parameter(name: str, value: Any) -> Parameter:
    given = dict(value) if isinstance(value, Mapping) else {"default": value}
    known = ("kind", "default", "low", "high", "aliases", "choices")
    default = given.get("default")
    is_value = isinstance(default, (int, float, str)) and not isinstance(default, bool)
    if not name.isidentifier() or not is_value or set(given) - set(known):
        raise InputError(
            message=f"Parameter {name!r} is {value!r}, but must be a default, or "
            f"a mapping with a default and some of {', '.join(known)}."
        )
    parameter = Parameter(
        name=name,
        kind=given.get("kind", _kind_of(default)),
        default=given["default"],
        low=given.get("low"),
        high=given.get("high"),
        aliases=tuple(given.get("aliases", ())),
        choices=tuple(given.get("choices", ())),
    )
    parameter.parse(default)
    return parameter


def _kind_of(default: object) -> ParameterKind:
    if isinstance(default, str):
        return "choice"
    return "int" if isinstance(default, int) else "float"


def _missing_compute(tree: ast.Module) -> Iterator[Finding]:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not any(node.name == "compute" for node in functions):
        yield _finding(
            "PYTHON_COMPUTE",
            "There is no function compute.",
            "code",
            "Write def compute(candles, ...): with a parameter per declared one.",
        )


def _imports(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        for name in names:
            if name.partition(".")[0] not in FREE_IMPORTS:
                yield _finding(
                    "PYTHON_IMPORT",
                    f"It imports {name}, which does more than compute.",
                    f"line {node.lineno}",
                    "Leave it out, or allow it after reading: allow_imports=True.",
                )


def _reaching(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        name = ""
        if isinstance(node, ast.Name) and node.id in _REACHING:
            name = node.id
        elif isinstance(node, ast.Attribute):
            is_hidden = node.attr.startswith("__") and node.attr.endswith("__")
            if is_hidden or node.attr.startswith(_PANDAS_FILES):
                name = node.attr
        if name:
            yield _finding(
                "PYTHON_REACH",
                f"It uses {name}, which reaches beyond the candles.",
                f"line {getattr(node, 'lineno', 0)}",
                "Leave it out, or allow it after reading: allow_imports=True.",
            )


def _finding(code: str, message: str, where: str, fix: str) -> Finding:
    return Finding(code, Severity.ERROR, message, where, fix)
