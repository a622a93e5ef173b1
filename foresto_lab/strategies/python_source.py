"""Strategies from Python source that was stored: run only where it is trusted."""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from foresto_lab.errors import StrategyError, UntrustedCodeError
from foresto_lab.findings import Finding
from foresto_lab.strategies.trading_strategy import TradingStrategy
from foresto_lab.types import Severity


def python_strategy(
    code: str,
    *,
    trusted: bool,
    name: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> TradingStrategy:
    """Return the strategy that Python source defines, with its parameters.

    The source is run as a module of its own. It is as free as any Python: whether it
    may run is decided before, by who trusts its author, never by looking at it.

    Parameters
    ----------
    code : str
        Source with one subclass of ``TradingStrategy``, or several of which ``name``
        is one: by the class's name or its strategy's.
    trusted : bool
        Whether this user has allowed the code on this machine.
    name : str
    parameters : mapping, optional
        Those of the strategy's ``Config``.

    Raises
    ------
    UntrustedCodeError
        It is not trusted; nothing of it was run.
    StrategyError
        It does not run, defines no such strategy, or refuses its parameters.
    """
    checksum = hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
    if not trusted:
        raise UntrustedCodeError(
            kind="Strategy", reference=name or "unnamed", checksum=checksum
        )
    kind = _chosen(_run(code, checksum, name), name)
    kind.code = code
    return kind(**(parameters or {}))


def _run(code: str, checksum: str, name: str) -> ModuleType:
    filename = f"<strategy {name or 'unnamed'} {checksum[:12]}>"
    module = ModuleType(f"foresto_strategy_{checksum[:12]}")
    lines = code.splitlines(keepends=True)
    linecache.cache[filename] = (len(code), None, lines, filename)
    try:
        exec(compile(code, filename, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        line = _line_of(error, filename)
        raise _unusable(
            name, f"its code does not run: {type(error).__name__}: {error}{line}."
        ) from error
    return module


def _line_of(error: BaseException, filename: str) -> str:
    """Return where in the source an error came from, to be appended to a sentence."""
    if isinstance(error, SyntaxError):
        return ""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""


def _chosen(module: ModuleType, name: str) -> type[TradingStrategy]:
    kinds = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, TradingStrategy)
        and value.__module__ == module.__name__
    ]
    named = [
        kind
        for kind in kinds
        if name.casefold() in (kind.__name__.casefold(), kind.name.casefold())
    ]
    chosen = named or kinds
    if len(chosen) == 1:
        return chosen[0]
    if not kinds:
        raise _unusable(
            name, "its code defines no subclass of TradingStrategy; it needs one."
        )
    raise _unusable(
        name,
        "its code defines several strategies: "
        f"{', '.join(kind.__name__ for kind in kinds)}. Say which one by its name.",
    )


def _unusable(name: str, message: str) -> StrategyError:
    finding = Finding("PYTHON_FAILED", Severity.ERROR, message, "code")
    return StrategyError(strategy=name or "unnamed", findings=(finding,))
