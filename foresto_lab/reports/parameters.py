"""A template's typed parameters: read from its cell, and what is given held to them.

The cell is read, never run: annotated assignments of literals, one a line, the comment
being the description. ``start: "date" = "2015-01-02"  # first session``.
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from foresto_lab.errors import ReportParameterError, TemplateError, nearest_names
from foresto_lab.reports.parameter_types import (
    ParameterType,
    TypeMismatch,
    parse_type,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a template.

    ``required``: the cell gives no value, or None where the type has no None.
    """

    name: str
    type: ParameterType
    default: Any
    required: bool
    description: str = ""


def parse_parameters(template: str, source: str) -> tuple[Parameter, ...]:
    """Return the parameters that the text of a ``parameters`` cell declares.

    Raises
    ------
    TemplateError
        A statement is no annotated assignment of a literal of its own type.
    """
    comments = _comments(source)
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise TemplateError(
            template=template, reason=f"its parameters cannot be read: {error}."
        ) from None
    return tuple(
        _parse_parameter(template, statement, comments) for statement in statements
    )


def _parse_parameter(
    template: str, statement: ast.stmt, comments: Mapping[int, str]
) -> Parameter:
    if not isinstance(statement, ast.AnnAssign) or not isinstance(
        statement.target, ast.Name
    ):
        raise TemplateError(
            template=template,
            reason=f"its parameters hold `{ast.unparse(statement)}`; only lines like "
            "`name: type = literal` may stand there.",
        )
    name = statement.target.id
    try:
        kind = parse_type(statement.annotation)
        default = None if statement.value is None else ast.literal_eval(statement.value)
    except ValueError as error:
        raise TemplateError(
            template=template, reason=f"parameter {name!r}: {error}"
        ) from None
    required = default is None and not kind.allows_none
    if not required:
        try:
            default = kind.accept(default)
        except TypeMismatch as error:
            raise TemplateError(
                template=template, reason=f"the default of {name!r} {error}"
            ) from None
    line = statement.end_lineno or statement.lineno
    return Parameter(name, kind, default, required, comments.get(line, ""))


def _comments(source: str) -> dict[int, str]:
    """Return the comment on each line that has one."""
    try:
        tokens = list(tokenize.generate_tokens(StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def require_parameters(
    template: str, declared: Sequence[Parameter], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every parameter's value, given or default, in its declared type.

    Raises
    ------
    ReportParameterError
        A name is unknown, a value missing, or of another type.
    """
    _require_known(template, declared, given)
    values: dict[str, Any] = {}
    for parameter in declared:
        if parameter.name not in given:
            if parameter.required:
                raise ReportParameterError(
                    template=template,
                    parameter=parameter.name,
                    reason=f"it has no default and must be given, {parameter.type}.",
                )
            values[parameter.name] = parameter.default
            continue
        try:
            values[parameter.name] = parameter.type.accept(given[parameter.name])
        except TypeMismatch as error:
            raise ReportParameterError(
                template=template, parameter=parameter.name, reason=str(error)
            ) from None
    return values


def read_parameters(
    template: str, declared: Sequence[Parameter], texts: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values that texts from a command line stand for, by declared type.

    Raises
    ------
    ReportParameterError
        A name is unknown, or a text cannot be read as the type.
    """
    _require_known(template, declared, texts)
    values: dict[str, Any] = {}
    for parameter in declared:
        if parameter.name in texts:
            try:
                values[parameter.name] = parameter.type.read(texts[parameter.name])
            except TypeMismatch as error:
                raise ReportParameterError(
                    template=template, parameter=parameter.name, reason=str(error)
                ) from None
    return values


def _require_known(
    template: str, declared: Sequence[Parameter], given: Mapping[str, Any]
) -> None:
    known = [parameter.name for parameter in declared]
    for name in given:
        if name not in known:
            near = nearest_names(name, known)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise ReportParameterError(
                template=template,
                parameter=name,
                reason=f"there is no such parameter.{hint} It has: {', '.join(known)}.",
            )
