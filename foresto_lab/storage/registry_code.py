"""Python code of the registry: read without running it, and run where it is trusted."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError, RegistryError

if TYPE_CHECKING:
    from foresto_lab.indicators import Indicator
    from foresto_lab.registry import RegisteredDefinition
    from foresto_lab.storage.trust import TrustedCode

MODULE_PREFIX = "foresto_registered_"


def class_in(code: str, base: str, wanted: str | None = None) -> str:
    """Return the name of the class that a code defines; nothing of it is run.

    Parameters
    ----------
    code : str
        Python source.
    base : str
        What it is a subclass of, as written: ``TradingStrategy``.
    wanted : str, optional
        Which class is meant; left out, there must be one.

    Raises
    ------
    InputError
        It is no Python, or there is no such class, or several.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        raise InputError(message=f"The code is no Python{where}: {error}.") from None
    found = list(_subclasses(tree, base))
    if wanted is not None and wanted in found:
        return wanted
    if wanted is None and len(found) == 1:
        return found[0]
    said = "no such class" if wanted else f"{len(found)} of them"
    raise InputError(
        message=f"The code must have one subclass of {base}"
        f"{f' called {wanted}' if wanted else ''}; it has {said}"
        f"{': ' + ', '.join(found) if found else ''}."
    )


def _subclasses(tree: ast.Module, base: str) -> Iterator[str]:
    bases = {base}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            named = {ast.unparse(each).rpartition(".")[2] for each in node.bases}
            if named & bases:
                bases.add(node.name)
                yield node.name


def run_code(definition: RegisteredDefinition, trusted: TrustedCode) -> ModuleType:
    """Return the module that a definition's code makes; it runs once in a process.

    Raises
    ------
    UntrustedCodeError
        Its user has not allowed it on this machine; nothing of it ran.
    RegistryError
        It raised.
    """
    trusted.require_trusted(definition)
    assert definition.code is not None
    name = f"{MODULE_PREFIX}{definition.checksum}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    module = ModuleType(name, doc=f"{definition.kind} {definition.reference}")
    module.__file__ = f"<{definition.kind} {definition.reference}>"
    sys.modules[name] = module  # annotations are looked up there
    lines = definition.code.splitlines(keepends=True)
    linecache.cache[module.__file__] = (len(definition.code), None, lines, name)
    try:
        exec(compile(definition.code, module.__file__, "exec"), module.__dict__)
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:
        del sys.modules[name]
        raise failure_of(definition, error) from error
    return module


def indicator_in(module: ModuleType, definition: RegisteredDefinition) -> Indicator:
    """Return the indicator that a code defines: an instance, or a class of one.

    Raises
    ------
    RegistryError
        There is none, there are several, or it is called otherwise.
    """
    from foresto_lab.indicators import Indicator

    defined = [each for name, each in vars(module).items() if not name.startswith("_")]
    found = [each for each in defined if isinstance(each, Indicator)]
    if not found:
        kinds = [
            each
            for each in defined
            if isinstance(each, type)
            and issubclass(each, Indicator)
            and each.__module__ == module.__name__
        ]
        found = [_made(kind, definition) for kind in kinds]
    if len(found) != 1 or found[0].name.casefold() != definition.name.casefold():
        named = ", ".join(item.name for item in found) or "none"
        raise RegistryError(
            message=f"The code of indicator {definition.reference} must define one "
            f"indicator called {definition.name}; it defines {named}."
        )
    return found[0]


def _made(kind: type[Any], definition: RegisteredDefinition) -> Any:
    try:
        return kind()
    except Exception as error:
        raise failure_of(definition, error) from error


def failure_of(definition: RegisteredDefinition, error: BaseException) -> RegistryError:
    """Return what to raise for an error of a definition's own code."""
    return RegistryError(
        message=f"The code of {definition.kind} {definition.reference} failed: "
        f"{type(error).__name__}: {error}."
    )
