"""The types a template may declare: what values they take, how texts are read as them.

``bool``, ``int``, ``float``, ``str``, ``"date"``, ``list[T]``, ``dict[str, T]``,
``"Literal['a', 'b']"``, ``None``, and unions of these by ``|``.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

_MISSING_TEXTS: Final = frozenset({"", "null", "none", "~"})
_TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}


class TypeMismatch(Exception):
    """A value or text does not fit a declared type; says how."""


@dataclass(frozen=True, slots=True)
class ParameterType:
    """One declared type: a name, with parts for lists, mappings, choices, unions."""

    name: str
    parts: tuple[ParameterType, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def allows_none(self) -> bool:
        """Whether None is among its values."""
        return self.name == "None" or any(
            part.allows_none for part in self.parts_of_union
        )

    @property
    def parts_of_union(self) -> tuple[ParameterType, ...]:
        """The alternatives of a union, none for other types."""
        return self.parts if self.name == "union" else ()

    def __str__(self) -> str:
        """Return the type in words for a message."""
        match self.name:
            case "union":
                return " or ".join(str(part) for part in self.parts)
            case "list":
                return f"a list of {self.parts[0].plural}"
            case "dict":
                return f"a mapping of names to {self.parts[0].plural}"
            case "choice":
                return f"one of {', '.join(self.choices)}"
        return _WORDS[self.name]

    @property
    def plural(self) -> str:
        """The type in words, many of them."""
        return _PLURALS.get(self.name, f"({self})")

    def accept(self, value: Any) -> Any:
        """Return the value as this type holds it.

        An int becomes a float where a float is declared, a date an ISO text, a tuple a
        list, an empty text None where no text is declared; nothing else is converted.

        Raises
        ------
        TypeMismatch
            The value is of another type.
        """
        plain = _plain(value)
        kinds = self.parts_of_union or (self,)
        if plain == "" and self.allows_none and "str" not in {k.name for k in kinds}:
            return None
        for kind in kinds:
            accepted, result = kind._try(plain)
            if accepted:
                return result
        raise TypeMismatch(f"is {value!r}, but must be {self}.")

    def _try(self, value: Any) -> tuple[bool, Any]:
        """Return whether this one type, no union, takes the value, and as what."""
        match self.name, value:
            case "None", None:
                return True, None
            case "bool", bool():
                return True, value
            case (("int" | "float" | "any"), bool()):
                return self.name == "any", value
            case "int", int():
                return True, value
            case "float", int() | float():
                return math.isfinite(value), float(value)
            case "str", str():
                return True, value
            case "date", str():
                return _is_date(value), value
            case "choice", str():
                return value in self.choices, value
            case "list", list():
                return True, [self.parts[0].accept(item) for item in value]
            case "dict", dict():
                return True, {
                    str(name): self.parts[0].accept(item)
                    for name, item in value.items()
                }
            case "any", None | int() | float() | str() | list() | dict():
                return True, value
        return False, None

    def read(self, text: str) -> Any:
        """Return the value that a text stands for.

        Written as in YAML: ``1_000_000``, ``true``, ``[a, b]``, ``{equity: 0.6}``,
        ``null``. Where a text is wanted it is taken as it stands, quotes around it off;
        where a list is, ``a,b`` does as well.

        Raises
        ------
        TypeMismatch
            The text cannot be read as this type.
        """
        if text.lstrip()[:1] in ("[", "{"):
            nested = self._read_nested(text)
            if nested is not None:
                return nested
        if self.name == "list" and text.strip():
            return [self.parts[0].read(item.strip()) for item in text.split(",")]
        return self._read_leaf(text)

    def _read_nested(self, text: str) -> Any:
        """Return a list or mapping, or None where this type takes neither."""
        import yaml

        wanted = [
            k for k in self.parts_of_union or (self,) if k.name in ("list", "dict")
        ]
        if not wanted:
            return None
        try:
            tree = yaml.load(text, Loader=yaml.BaseLoader)
        except yaml.YAMLError:
            raise TypeMismatch(
                f"is {text!r}, which cannot be read as {self}: write [a, b] or {{a: 1}}"
            ) from None
        for kind in wanted:
            if isinstance(tree, list if kind.name == "list" else dict):
                return kind._read_tree(tree)
        raise TypeMismatch(f"is {text!r}, but must be {self}.")

    def _read_tree(self, tree: Any) -> Any:
        """Return a tree of texts as this type."""
        for kind in self.parts_of_union or (self,):
            if kind.name in ("list", "any") and isinstance(tree, list):
                inner = kind.parts[0] if kind.parts else kind
                return [inner._read_tree(item) for item in tree]
            if kind.name in ("dict", "any") and isinstance(tree, dict):
                inner = kind.parts[0] if kind.parts else kind
                return {name: inner._read_tree(item) for name, item in tree.items()}
        if isinstance(tree, str):
            return self._read_leaf(tree)
        raise TypeMismatch(f"holds {tree!r}, but must be {self}.")

    def _read_leaf(self, text: str) -> Any:
        for kind in self.parts_of_union or (self,):
            for value in _leaf_values(kind.name, text):
                accepted, result = kind._try(value)
                if accepted:
                    return result
        raise TypeMismatch(f"is {text!r}, but must be {self}.")


_WORDS: Final = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "date": "a date as YYYY-MM-DD",
    "any": "a value",
    "None": "null",
}
_PLURALS: Final = {
    "bool": "truth values",
    "int": "whole numbers",
    "float": "numbers",
    "str": "texts",
    "date": "dates",
    "any": "values",
}
_ORDER: Final = (
    "None",
    "bool",
    "int",
    "float",
    "date",
    "choice",
    "list",
    "dict",
    "str",
)


def parse_type(annotation: ast.expr) -> ParameterType:
    """Return the type that an annotation declares.

    Raises
    ------
    ValueError
        It is none that a template may use.
    """
    match annotation:
        case ast.Constant(value=None):
            return ParameterType("None")
        case ast.Constant(value=str(text)):
            return parse_type(ast.parse(text, mode="eval").body)
        case ast.Name(id="Any"):
            return ParameterType("any")
        case ast.Name(id=name) if name in _WORDS:
            return ParameterType(name)
        case ast.BinOp(op=ast.BitOr()):
            return _parse_union(annotation)
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return ParameterType("list", (parse_type(inner),))
        case ast.Subscript(
            value=ast.Name(id="dict"),
            slice=ast.Tuple(elts=[ast.Name(id="str"), inner]),
        ):
            return ParameterType("dict", (parse_type(inner),))
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            chosen = ast.literal_eval(inner)
            choices = chosen if isinstance(chosen, tuple) else (chosen,)
            return ParameterType("choice", choices=tuple(map(str, choices)))
    raise ValueError(f"a template cannot declare `{ast.unparse(annotation)}`.")


def _parse_union(annotation: ast.BinOp) -> ParameterType:
    """Return a union, its alternatives in the order in which texts are tried."""
    sides = [parse_type(annotation.left), parse_type(annotation.right)]
    flat = [kind for side in sides for kind in (side.parts_of_union or (side,))]
    flat.sort(key=lambda kind: (*_ORDER, "any").index(kind.name))
    return ParameterType("union", tuple(flat))


def _plain(value: Any) -> Any:
    """Return what JSON has no form for as its nearest plain value."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return dict(value)
    return (
        value.item()
        if hasattr(value, "item") and not hasattr(value, "__len__")
        else value
    )


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2024-12-31")


def _leaf_values(name: str, text: str) -> list[Any]:
    """Return the values that a text might stand for in a type, the first one first."""
    bare = text.strip()
    match name:
        case "None":
            return [None] if bare.lower() in _MISSING_TEXTS else []
        case "bool":
            return [_TRUTHS[bare.lower()]] if bare.lower() in _TRUTHS else []
        case "int" | "float":
            return _numbers(bare, int if name == "int" else float)
        case "any":
            known = _leaf_values("None", bare) or _leaf_values("bool", bare)
            return known or [*_numbers(bare, int), *_numbers(bare, float), bare]
        case "str":
            quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'"
            return [text[1:-1] if quoted else text]
        case _:
            return [bare]


def _numbers(text: str, kind: type[int] | type[float]) -> list[Any]:
    try:
        return [kind(text)]
    except ValueError:
        return []
