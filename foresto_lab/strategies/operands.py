"""What a condition compares: columns, numbers, and simple arithmetic of them.

The text of an operand is read by a small parser, never by ``eval``::

    close          a column of the candles or of an indicator
    close[-1]      the same, one bar before
    30, -0.5, 1e6  a number
    close * 1.02, (high + low) / 2, ema - 2 * atr
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

MAX_TEXT_LENGTH: Final = 200
MAX_SHIFT: Final = 10_000
_MAX_PARTS: Final = 40

_TOKEN: Final = re.compile(
    r"\s*(?:"
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<column>[A-Za-z_]\w*(?:\.\d\w*)*)(?:\s*\[\s*(?P<shift>[^\]]*?)\s*\])?"
    r"|(?P<sign>[-+*/()])"
    r")",
    re.ASCII,
)
_PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "/": 2}


@dataclass(frozen=True, slots=True)
class Number:
    """The same finite number on every bar."""

    value: float

    @property
    def text(self) -> str:
        """The number, without a decimal point that says nothing."""
        whole = self.value.is_integer() and abs(self.value) < 1e15
        return str(int(self.value)) if whole else repr(self.value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's value on a bar, or some bars before it.

    Parameters
    ----------
    name : str
        Name of a column of the candles or of an indicator.
    shift : int
        Bars back, 0 to 10,000.
    """

    name: str
    shift: int = 0

    @property
    def text(self) -> str:
        """The column as it is written in a condition."""
        return f"{self.name}[-{self.shift}]" if self.shift else self.name


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two operands joined by ``+``, ``-``, ``*`` or ``/``; x/0 has no value."""

    operator: str
    left: Operand
    right: Operand

    @property
    def text(self) -> str:
        """The arithmetic, with the parentheses that it needs."""
        rank = _PRECEDENCE[self.operator]
        left = _enclosed(self.left, rank)
        right = _enclosed(self.right, rank + 1)
        return f"{left} {self.operator} {right}"


Operand: TypeAlias = Number | Column | Arithmetic


class OperandTextError(Exception):
    """A text is no operand; ``code`` is the finding's, ``fix`` what to write."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def columns_in(operand: Operand) -> Iterator[Column]:
    """Yield every column that an operand looks at."""
    if isinstance(operand, Column):
        yield operand
    elif isinstance(operand, Arithmetic):
        yield from columns_in(operand.left)
        yield from columns_in(operand.right)


def parse_operand_text(text: str) -> Operand:
    """Return the operand that a text describes.

    Raises
    ------
    OperandTextError
        It is not one, looks ahead, or is too long.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise OperandTextError(
            "OPERAND_MALFORMED",
            f"it has {len(text)} characters, and may have {MAX_TEXT_LENGTH}.",
            "Split it over several conditions.",
        )
    return _Reader(list(_tokens(text))).read_all()


@dataclass(frozen=True, slots=True)
class _Token:
    sign: str = ""
    operand: Operand | None = None


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise OperandTextError(
                "OPERAND_MALFORMED",
                f"it cannot be read from {text[place:end]!r} on.",
                "Write a column, a number, close[-1], or arithmetic like close * 1.02.",
            )
        place = match.end()
        yield _token(match)


def _token(match: re.Match[str]) -> _Token:
    if match["number"] is not None:
        return _Token(operand=parse_number(float(match["number"])))
    if match["column"] is None:
        return _Token(sign=match["sign"])
    shift = _parse_shift(match["column"], match["shift"])
    return _Token(operand=Column(match["column"], shift))


def parse_number(value: float) -> Number:
    """Return a number as an operand; it must be finite and below 1e300 in size."""
    if abs(value) < 1e300:
        return Number(float(value) + 0.0)
    raise OperandTextError(
        "NUMBER_NOT_FINITE",
        "it is not a finite number below 1e300.",
        "Write a number such as 30 or 0.5.",
    )


def _parse_shift(name: str, text: str | None) -> int:
    if text is None:
        return 0
    digits = re.fullmatch(r"([+-]?)\s*(\d{1,9})", text, re.ASCII)
    if digits is None:
        raise OperandTextError(
            "OPERAND_MALFORMED",
            f"the shift [{text}] of {name} is not a whole number of bars.",
            f"Write {name}[-1] for the bar before.",
        )
    bars = int(digits[2])
    if bars and digits[1] != "-":
        raise OperandTextError(
            "LOOK_AHEAD",
            f"{name}[{text}] would be {bars} bar{'s' if bars > 1 else ''} after the "
            "signal, which nobody knows yet.",
            f"Write {name}[-{bars}] for the past.",
        )
    if bars > MAX_SHIFT:
        raise OperandTextError(
            "OPERAND_MALFORMED",
            f"{name}[{text}] is further back than {MAX_SHIFT:,} bars.",
            "Use a smaller shift, or an indicator.",
        )
    return bars


class _Reader:
    """Reads the tokens of one operand by the precedence of its signs."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens[::-1]
        if len(tokens) > _MAX_PARTS:
            raise OperandTextError(
                "OPERAND_MALFORMED",
                f"it has {len(tokens)} parts, and may have {_MAX_PARTS}.",
                "Split it over several conditions.",
            )

    def read_all(self) -> Operand:
        operand = self._read_sum(0)
        if self._tokens:
            raise self._unexpected()
        return operand

    def _read_sum(self, lowest: int) -> Operand:
        left = self._read_part()
        while self._tokens:
            rank = _PRECEDENCE.get(self._tokens[-1].sign, -1)
            if rank <= lowest:
                break
            sign = self._tokens.pop().sign
            left = _joined(sign, left, self._read_sum(rank))
        return left

    def _read_part(self) -> Operand:
        if not self._tokens:
            raise self._unexpected()
        token = self._tokens.pop()
        if token.operand is not None:
            return token.operand
        if token.sign in "+-":
            part = self._read_part()
            return part if token.sign == "+" else _negated(part)
        if token.sign != "(":
            self._tokens.append(token)
            raise self._unexpected()
        inner = self._read_sum(0)
        if not self._tokens or self._tokens.pop().sign != ")":
            raise OperandTextError(
                "OPERAND_MALFORMED",
                "a parenthesis is not closed.",
                "Write as many ) as (.",
            )
        return inner

    def _unexpected(self) -> OperandTextError:
        if not self._tokens:
            message = "it ends where a column or a number should be."
        else:
            token = self._tokens[-1]
            text = token.sign if token.operand is None else token.operand.text
            message = f"{text!r} stands where it has no meaning."
        return OperandTextError(
            "OPERAND_MALFORMED",
            message,
            "Write a column, a number, close[-1], or arithmetic like close * 1.02.",
        )


def _joined(sign: str, left: Operand, right: Operand) -> Operand:
    if isinstance(left, Number) and isinstance(right, Number):
        return parse_number(_computed(sign, left.value, right.value))
    return Arithmetic(sign, left, right)


def _computed(sign: str, left: float, right: float) -> float:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if right == 0:
        raise OperandTextError(
            "NUMBER_NOT_FINITE", "it divides by zero.", "Divide by another number."
        )
    return left / right


def _negated(part: Operand) -> Operand:
    return (
        _joined("*", Number(-1.0), part)
        if not isinstance(part, Number)
        else (Number(0.0 - part.value))
    )


def _enclosed(operand: Operand, rank: int) -> str:
    lower = isinstance(operand, Arithmetic) and _PRECEDENCE[operand.operator] < rank
    return f"({operand.text})" if lower else operand.text
