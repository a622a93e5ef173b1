"""A held instrument has no prices in the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.errors import nearest_names
from foresto_lab.findings import Finding
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.types import Severity


class InstrumentNotLoaded:
    """Every held instrument needs prices.

    Why it stops the run: a portfolio without one of its assets is another portfolio.
    Fires: MIN_VOL with gold mapped to 132030, of which no price was ever loaded.
    Does not fire: every mapped symbol shows in ``foresto data list``.
    """

    code: ClassVar[str] = "INSTRUMENT_NOT_LOADED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield one finding per held label whose symbol has no rows."""
        for label in inputs.missing:
            symbol = inputs.symbols[label]
            near = nearest_names(symbol, inputs.loaded_symbols)
            hint = f" Loaded and near: {', '.join(near)}." if near else ""
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=label,
                message=f"{symbol} has no prices in this workspace.{hint}",
                fix=f"Load them with `foresto data load FILE`, or map another symbol "
                f"with `foresto instruments map {label}=SYMBOL`.",
                details={"symbol": symbol, "near": tuple(near)},
            )
