"""Python code of the registry, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foresto_lab.errors import InputError


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
