"""An indicator made of Python code that a user wrote, or found in a catalog."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from foresto_lab.errors import IndicatorCodeError, InputError
from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.indicators.python.code import (
    check_code,
    declared_in,
    parse_bars,
    parse_parameters,
)
from foresto_lab.indicators.python.worker import Worker
from foresto_lab.types import Float64Array1D

TIME_LIMIT: Final = 10.0
MEMORY_LIMIT: Final = 8 << 30
CANDLE_COLUMNS: Final = ("open", "high", "low", "close", "volume")
_ALWAYS_REFUSED: Final = ("PYTHON_SYNTAX", "PYTHON_COMPUTE")


class CodeDefinition(Protocol):
    """What a registry keeps of a Python indicator."""

    @property
    def name(self) -> str:
        """Name."""
        ...

    @property
    def version(self) -> str:
        """Semantic version."""
        ...

    @property
    def content(self) -> Mapping[str, Any]:
        """Its ``parameters``, ``outputs`` and ``warm_up``, as far as registered."""
        ...

    @property
    def code(self) -> str | None:
        """Python source."""
        ...

    @property
    def checksum(self) -> str:
        """SHA-256 of content and code."""
        ...


class TrustList(Protocol):
    """Which code may run on this machine."""

    def require_trusted(self, definition: Any, /) -> None:
        """Raise UntrustedCodeError unless the definition's checksum is trusted."""


@runtime_checkable
class ImportTrustList(TrustList, Protocol):
    """A trust list that also knows whose imports were allowed after reading."""

    def allows_imports(self, definition: Any, /) -> bool:
        """Return whether the definition may import what does more than compute."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PythonIndicator(Indicator):
    """An indicator whose numbers come from Python code.

    The code runs only while its definition is trusted, and never in this process: in
    one of its own, ended after ``time_limit`` seconds, which may use ``memory_limit``
    bytes. It is handed a DataFrame of candles and the parameters by name, and returns
    a Series, a DataFrame or a dict of columns, one value per candle. What it gives on
    the bars of its declared warm-up is made NaN.

    Parameters
    ----------
    code : str
        A module with a function ``compute(candles, **params)``.
    warm_up_bars, settling_bars : mapping of str to float
        Factors of the parameters, and ``bars`` to add.
    definition : CodeDefinition, optional
        What must be trusted; None for code that is the caller's own.
    trust : TrustList, optional
        Asked before each run.
    worker : Worker
        The process to run in; indicators that share one take turns.
    """

    code: str
    warm_up_bars: Mapping[str, float]
    settling_bars: Mapping[str, float]
    definition: CodeDefinition | None = None
    trust: TrustList | None = None
    time_limit: float = TIME_LIMIT
    memory_limit: int = MEMORY_LIMIT
    worker: Worker = field(default_factory=Worker)

    @classmethod
    def from_code(
        cls,
        code: str,
        *,
        name: str,
        version: str = "1.0.0",
        content: Mapping[str, Any] | None = None,
        allow_imports: bool = False,
        **limits: Any,
    ) -> PythonIndicator:
        """Return an indicator of one's own code; nothing of it runs yet.

        Parameters
        ----------
        code : str
            Python source; see ``foresto_lab.indicators.python.code``.
        name : str
        version : str
        content : mapping, optional
            ``parameters``, ``outputs``, ``warm_up`` in place of those in the code.
        allow_imports : bool
            Take code that imports more than what computes, or opens files.
        **limits
            ``time_limit`` in seconds, ``memory_limit`` in bytes, ``definition``,
            ``trust``, and a ``worker`` that several indicators may share.

        Raises
        ------
        IndicatorCodeError
            The code is no Python, has no ``compute``, or imports what is not allowed.
        InputError
            What it declares cannot be.
        """
        _require_usable(code, name, allow_imports=allow_imports)
        given = {key: value for key, value in (content or {}).items() if value}
        told = {**declared_in(code), **given}
        parameters = parse_parameters(told.get("parameters", {}))
        names = [parameter.name for parameter in parameters]
        warm_up = parse_bars(told.get("warm_up", 0), "WARM_UP", names)
        return cls(
            name=name.casefold(),
            version=version,
            summary=str(told.get("summary", "")),
            group="Python",
            parameters=parameters,
            inputs=CANDLE_COLUMNS,
            outputs=_parse_outputs(told.get("outputs"), name.casefold()),
            code=code,
            warm_up_bars=warm_up,
            settling_bars=parse_bars(
                told.get("settling", dict(warm_up)), "SETTLING", names
            ),
            **limits,
        )

    @property
    def source(self) -> str:
        """``python``."""
        return "python"

    @property
    def checksum(self) -> str:
        """SHA-256 of the definition it was made from, else of content and code."""
        return self.definition.checksum if self.definition else super().checksum

    def _content(self) -> Mapping[str, Any]:
        return {
            **super()._content(),
            "code": self.code,
            "warm_up": dict(self.warm_up_bars),
        }

    def _warm_up(self, params: Mapping[str, Any]) -> int:
        return _bars(self.warm_up_bars, params)

    def _settling(self, params: Mapping[str, Any]) -> int:
        return _bars(self.settling_bars, params)

    def _values(
        self, table: CandleColumns, params: Mapping[str, Any]
    ) -> Mapping[str, Float64Array1D]:
        if self.trust is not None:
            self.trust.require_trusted(self.definition)
        warm_up = self._warm_up(params)
        if len(table) <= warm_up:
            return {name: np.full(len(table), np.nan) for name in self.outputs}
        columns = self.worker.compute(
            table,
            params,
            indicator=self.name,
            code=self.code,
            outputs=self.outputs,
            time_limit=self.time_limit,
            memory_limit=self.memory_limit,
        )
        for values in columns.values():
            values[:warm_up] = np.nan
        return {name: columns[name] for name in self.outputs}


def python_indicator(
    definition: CodeDefinition,
    trust: TrustList,
    *,
    allow_imports: bool = False,
    time_limit: float = TIME_LIMIT,
    memory_limit: int = MEMORY_LIMIT,
) -> PythonIndicator:
    """Return an indicator of a registered definition; nothing of its code runs yet.

    ``trust`` is asked here and again before each run. Imports of what does more than
    compute are refused also of trusted code, unless ``allow_imports``, or the trust
    list, says that they were allowed.

    Raises
    ------
    UntrustedCodeError
        Its user has not allowed the code on this machine.
    IndicatorCodeError
        The code cannot be used; see ``PythonIndicator.from_code``.
    """
    trust.require_trusted(definition)
    if isinstance(trust, ImportTrustList):
        allow_imports = allow_imports or trust.allows_imports(definition)
    return PythonIndicator.from_code(
        definition.code or "",
        name=definition.name,
        version=definition.version,
        content=definition.content,
        allow_imports=allow_imports,
        definition=definition,
        trust=trust,
        time_limit=time_limit,
        memory_limit=memory_limit,
    )


def _require_usable(code: str, name: str, *, allow_imports: bool) -> None:
    findings = [
        finding
        for finding in check_code(code)
        if finding.code in _ALWAYS_REFUSED or not allow_imports
    ]
    if findings:
        raise IndicatorCodeError(indicator=name, findings=tuple(findings))


def _parse_outputs(given: object, name: str) -> tuple[str, ...]:
    named = [name] if given is None else [given] if isinstance(given, str) else given
    if (
        not isinstance(named, (list, tuple))
        or not named
        or not all(isinstance(output, str) and output for output in named)
        or len(set(named)) != len(named)
    ):
        raise InputError(
            message=f"OUTPUTS is {given!r}, but must be a list of different names."
        )
    taken = [output for output in named if output.casefold() in CANDLE_COLUMNS]
    if taken or not all(output.isidentifier() for output in named if given is not None):
        raise InputError(
            message=f"The outputs are {named!r}, but must be names of letters, digits "
            f"and _ that are no column of the candles ({', '.join(CANDLE_COLUMNS)})."
        )
    return tuple(named)


def _bars(factors: Mapping[str, float], params: Mapping[str, Any]) -> int:
    total = sum(
        factor * (1 if name == "bars" else float(params[name]))
        for name, factor in factors.items()
    )
    return max(0, math.ceil(total))
