"""A portfolio in several currencies lacks an exchange rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.errors import nearest_names
from foresto_lab.findings import Finding
from foresto_lab.preflight.portfolio.inputs import PortfolioInputs
from foresto_lab.types import Severity


class ExchangeRateNotLoaded:
    """Every foreign currency needs its exchange rate.

    Why it stops the run: dollars and won cannot be added up.
    Fires: SPY beside 069500, and no series USDKRW was ever loaded.
    Does not fire: every instrument is in one currency.
    """

    code: ClassVar[str] = "EXCHANGE_RATE_NOT_LOADED"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: PortfolioInputs) -> Iterator[Finding]:
        """Yield one finding per currency whose series has no rows."""
        for currency, symbol in inputs.missing_rates.items():
            near = nearest_names(symbol, inputs.loaded_symbols)
            hint = f" Loaded and near: {', '.join(near)}." if near else ""
            yield Finding(
                code=self.code,
                severity=self.severity,
                where=currency,
                message=f"{symbol}, the exchange rate of {currency}, has no rows in "
                f"this workspace.{hint}",
                fix=f"Load it with `foresto data load FILE --symbol {symbol} "
                f"--calendar 24/5`, or name another with exchange_rates="
                f"{{{currency!r}: SYMBOL}}.",
                details={"symbol": symbol, "near": tuple(near)},
            )
