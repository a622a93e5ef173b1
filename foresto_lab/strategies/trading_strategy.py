"""The base class of strategies written in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import ForestoError, StrategyError
from foresto_lab.findings import Finding
from foresto_lab.market.candle_table import parse_candles
from foresto_lab.strategies.bars import Bars
from foresto_lab.strategies.column_sources import ColumnSources
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import SignalBits, Signals
from foresto_lab.strategies.strategy_code import code_of
from foresto_lab.strategies.wording import shown
from foresto_lab.types import Severity

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog, IndicatorUse


class StrategyConfig(BaseModel):
    """The parameters of a Python strategy, each with its limits.

    A value is taken as its type alone: no text becomes a number, no name that is not
    declared is let through.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False
    )


class TradingStrategy:
    """A strategy whose rules are Python.

    A subclass says what parameters it has (``Config``), what it looks at
    (``indicators``) and when it enters and leaves (``signals``)::

        class Dip(TradingStrategy):
            name = "dip"

            class Config(StrategyConfig):
                period: int = Field(14, ge=2, le=50)

            @property
            def indicators(self):
                return (IndicatorUse("rsi", {"timeperiod": self.config.period}),)

            def signals(self, candles):
                rsi = candles["rsi"]
                return Signals.of(
                    long_entry=crossover(rsi, 30), long_exit=crossover(rsi, 70)
                )

    ``signals`` may be called with a DataFrame, a CandleTable or Bars; what a subclass
    writes always gets ``Bars``. What it returns is checked: one value per bar.

    Parameters
    ----------
    parameters
        Those of ``Config``, by name.

    Raises
    ------
    StrategyError
        A parameter is unknown, has a wrong type or is outside its limits.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "1.0.0"
    source: ClassVar[str] = "python"
    code: ClassVar[str | None] = None

    class Config(StrategyConfig):
        """No parameters."""

    def __init__(self, **parameters: Any) -> None:
        self.config = parse_config(type(self), parameters)
        self._catalog: IndicatorCatalog | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.__dict__.get("name"):
            cls.name = cls.__name__
        if "signals" in cls.__dict__:
            setattr(cls, "signals", _checked_signals(cls.signals))  # noqa: B010

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The indicators whose columns ``signals`` asks for by name."""
        return ()

    @property
    def risk(self) -> Risk:
        """Stops, size and leverage; none by default."""
        return Risk()

    @property
    def min_candles(self) -> int:
        """Bars needed before the first signal: the longest warm-up and two bars more.

        The two are the bar of the signal and the one before it, for crossings.
        """
        columns = ColumnSources.of(self.indicators, self.catalog)
        return max(map(columns.warm_up, columns.sources), default=0) + 2

    def signals(self, candles: Any) -> Signals:
        """Return the signals known at each bar's close.

        Parameters
        ----------
        candles : Bars
            Columns by name, ``candles["close"]``; the caller may give a DataFrame or
            a CandleTable.
        """
        raise _python_error(
            self.name, f"{type(self).__name__} has no signals(self, candles)."
        )

    def analyze(self, window: Any) -> SignalBits:
        """Return the signal of the last bar, given every bar up to it.

        This one asks ``signals``. A strategy that trades live bar by bar may say it in
        another way; ``require_agreement`` proves that both are the same.
        """
        bits = self.signals(window).bits
        return SignalBits(int(bits[-1])) if len(bits) else SignalBits(0)

    @property
    def checksum(self) -> str:
        """SHA-256 of its name, version and parameters, and of a user's code.

        The code is that of the class and its bases; what it calls outside of them is
        not seen: give the strategy another version when that changes.
        """
        code = (
            None if self.source == "built_in" else code_of(type(self), TradingStrategy)
        )
        return sha256_of({**self.to_dict(), "code": code})

    def to_dict(self) -> dict[str, Any]:
        """Return what it is, as JSON-ready values."""
        return {
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "config": self.config.model_dump(),
        }

    def using(self, catalog: IndicatorCatalog) -> Self:
        """Return the same strategy with other indicators to choose from."""
        other = copy(self)
        other._catalog = catalog
        return other

    @property
    def catalog(self) -> IndicatorCatalog:
        """The indicators to choose from; the built-in ones unless told otherwise."""
        if self._catalog is not None:
            return self._catalog
        from foresto_lab.indicators import built_in_indicators

        return built_in_indicators()

    def bars(self, candles: Any) -> Bars:
        """Return candles as ``signals`` gets them."""
        if isinstance(candles, Bars):
            return candles
        return Bars(parse_candles(candles), self.indicators, self.catalog)

    def __repr__(self) -> str:
        """Return the strategy as it would be made."""
        given = ", ".join(f"{k}={v!r}" for k, v in self.config.model_dump().items())
        return f"{type(self).__name__}({given})"

    def __eq__(self, other: object) -> bool:
        """Two strategies of one class and the same parameters are the same."""
        return type(self) is type(other) and self.config == other.config

    def __hash__(self) -> int:
        return hash((type(self), self.checksum))


def _checked_signals(
    compute: Callable[[Any, Bars], Signals],
) -> Callable[[Any, Any], Signals]:
    """Return ``signals`` with its argument parsed and its answer checked."""

    @wraps(compute)
    def signals(self: TradingStrategy, candles: Any) -> Signals:
        try:
            bars = self.bars(candles)
            found = compute(self, bars)
        except StrategyError as error:
            raise StrategyError(strategy=self.name, findings=error.findings) from None
        except ForestoError:
            raise
        except Exception as error:  # a user's code may raise anything
            raise _python_error(
                self.name, f"{type(error).__name__}: {error}"
            ) from error
        return _require_signals(found, bars, self.name)

    return signals


def _require_signals(found: object, bars: Bars, name: str) -> Signals:
    if not isinstance(found, Signals):
        raise _python_error(
            name, f"signals(candles) returned {shown(found)}, and must return Signals."
        )
    if len(found) != len(bars):
        raise _python_error(
            name,
            f"signals(candles) returned {len(found):,} values for {len(bars):,} bars.",
        )
    return found if found.columns else found.with_columns(bars.looked_at)


def _python_error(name: str, message: str) -> StrategyError:
    finding = Finding("PYTHON_FAILED", Severity.ERROR, message, "signals")
    return StrategyError(strategy=name, findings=(finding,))


def parse_config(
    kind: type[TradingStrategy], parameters: Mapping[str, Any]
) -> StrategyConfig:
    """Return the parameters of a class of strategies, checked.

    Raises
    ------
    StrategyError
        One is unknown, has a wrong type or is outside its limits.
    """
    plain = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in parameters.items()
    }
    try:
        return kind.Config(**plain)
    except ValidationError as error:
        findings = FindingList()
        for problem in error.errors(include_url=False):
            _report_parameter(kind.Config, problem, findings)
        raise StrategyError(strategy=kind.name, findings=findings.all) from None


def _report_parameter(
    config: type[StrategyConfig], problem: Any, findings: FindingList
) -> None:
    path = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        findings.unknown(
            "PARAMETER_UNKNOWN", path, "parameter", path, config.model_fields
        )
        return
    findings.error(
        "PARAMETER_WRONG",
        path,
        f"it is {shown(problem['input'])}: {problem['msg'][0].lower()}"
        f"{problem['msg'][1:]}.",
    )
