"""The account holds another currency than the instrument settles in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class SettlementCurrency:
    """The account must hold what the instrument settles in.

    Why it stops the run: amounts of two currencies would be added as one.
    Fires: a BTCUSDT strategy on an account in KRW.
    Does not fire: both in KRW, or one of them not stated.
    """

    code: ClassVar[str] = "SETTLEMENT_CURRENCY"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield a finding when both currencies are known and differ."""
        settles, account = inputs.settlement_currency, inputs.account_currency
        if not settles or not account or settles.upper() == account.upper():
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            where="settlement_currency",
            message=f"It settles in {settles}, but the account holds {account}.",
            fix=f"Give the capital in {settles}, or choose an instrument in {account}.",
            details={"required": settles, "available": account},
        )
