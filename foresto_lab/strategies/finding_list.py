"""What is wrong with a strategy's definition, collected with each place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from foresto_lab.errors import nearest_names
from foresto_lab.findings import Finding, errors_in
from foresto_lab.types import Severity

DEFINITION_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "STRATEGY_MALFORMED": "the strategy, or one of its values, has a wrong type",
        "STRATEGY_KEY_UNKNOWN": "the strategy has a key that means nothing",
        "NO_ENTRY": "there is neither a buy nor a short condition",
        "SELL_CONDITIONS_MISSING": "nothing closes a long position by signal",
        "COVER_CONDITIONS_MISSING": "nothing closes a short position by signal",
        "INDICATOR_MALFORMED": "an entry of indicators has a wrong type or key",
        "INDICATOR_UNKNOWN": "no indicator has this name",
        "INDICATOR_UNUSED": "no condition looks at what the indicator gives",
        "PARAMETER_UNKNOWN": "the indicator has no parameter of this name",
        "PARAMETER_WRONG": "a parameter has a wrong type or is out of its range",
        "CONDITIONS_MALFORMED": "conditions are neither a list nor a condition",
        "CONDITIONS_EMPTY": "a list of conditions is empty",
        "CONDITIONS_TOO_DEEP": "conditions are nested deeper than 64 levels",
        "CONDITIONS_TOO_MANY": "there are more than 2,000 conditions",
        "CONDITION_MALFORMED": "a condition has a wrong type, or lacks a key",
        "CONDITION_KEY_UNKNOWN": "a condition has a key that means nothing",
        "CONDITION_CONSTANT": "a condition compares numbers only",
        "OPERATOR_UNKNOWN": "no operator has this name",
        "OPERAND_MALFORMED": "an operand cannot be read",
        "NUMBER_NOT_FINITE": "a number is NaN, infinite or beyond 1e300",
        "COLUMN_UNKNOWN": "no column has this name",
        "COLUMN_AMBIGUOUS": "several indicators give a column of this name",
        "LOOK_AHEAD": "an operand looks at a bar after the signal",
        "RISK_MALFORMED": "the risk block has a wrong type or a key twice",
        "RISK_KEY_UNKNOWN": "the risk block has a key that means nothing",
        "RISK_OUT_OF_RANGE": "a limit of the risk block is outside its range",
    }
)
"""Every code that ``check_definition`` can give, and what it says."""


class FindingList:
    """Findings in the order in which they were made."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []

    def error(self, code: str, where: str, message: str, fix: str = "") -> None:
        """Add what keeps the strategy from running."""
        self._add(Severity.ERROR, code, where, message, fix)

    def warning(self, code: str, where: str, message: str, fix: str = "") -> None:
        """Add what is probably not meant."""
        self._add(Severity.WARNING, code, where, message, fix)

    def info(self, code: str, where: str, message: str, fix: str = "") -> None:
        """Add what is good to know."""
        self._add(Severity.INFO, code, where, message, fix)

    def unknown(
        self, code: str, where: str, kind: str, given: object, allowed: Iterable[str]
    ) -> None:
        """Add an error about a name that is none of those allowed."""
        names = tuple(allowed)
        near = nearest_names(given, names)
        known = ", ".join(names[:40]) + (" …" if len(names) > 40 else "")
        fix = f"Did you mean {' or '.join(near)}?" if near else f"Known: {known}."
        self._findings.append(
            Finding(
                code,
                Severity.ERROR,
                f"{str(given)[:80]!r} is no {kind}.",
                where,
                fix,
                details={"given": str(given)[:80], "nearest": near, "known": known},
            )
        )

    @property
    def all(self) -> tuple[Finding, ...]:
        """Every finding so far."""
        return tuple(self._findings)

    @property
    def has_errors(self) -> bool:
        """Whether any of them keeps the strategy from running."""
        return bool(errors_in(self._findings))

    def _add(
        self, severity: Severity, code: str, where: str, message: str, fix: str
    ) -> None:
        details: dict[str, Any] = {}
        self._findings.append(
            Finding(code, severity, message, where, fix, details=details)
        )
