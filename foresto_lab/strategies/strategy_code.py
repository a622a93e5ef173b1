"""What a user's class is made of, as far as Python can tell."""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any


def code_of(kind: type[Any], base: type[Any]) -> list[str]:
    """Return the source of a class and its bases below ``base``.

    Where there is none, as in a session without files, what it was compiled to stands
    for it.
    """
    users = kind.__mro__[: kind.__mro__.index(base)]
    return [code for each in users for code in _source_of(each)]


def _source_of(kind: type[Any]) -> list[str]:
    stored = kind.__dict__.get("code")
    if isinstance(stored, str):
        return [stored]
    try:
        return [inspect.getsource(kind)]
    except (OSError, TypeError):
        return [_compiled(member) for member in vars(kind).values()]


def _compiled(member: Any) -> str:
    function = inspect.unwrap(getattr(member, "fget", None) or member)
    code = getattr(function, "__code__", None)
    return _code_text(code) if isinstance(code, CodeType) else ""


def _code_text(code: CodeType) -> str:
    constants = [
        _code_text(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    ]
    return f"{code.co_code.hex()} {code.co_names} {constants}"
