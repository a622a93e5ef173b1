"""Instruments that stand for an asset class and have no prices."""

from __future__ import annotations

from collections.abc import Iterator

from foresto_lab.findings import Finding
from foresto_lab.storage.health.evidence import StoreEvidence
from foresto_lab.types import Severity


def check_unpriced_instruments(evidence: StoreEvidence) -> Iterator[Finding]:
    """Yield one finding an asset class that cannot be simulated."""
    loaded = set(evidence.coverage["symbol"])
    for asset_class, symbol in evidence.storage.catalog.instrument_map().items():
        if symbol not in loaded:
            yield Finding(
                "NO_PRICES",
                Severity.WARNING,
                f"{symbol} stands for {asset_class} and has no prices, so scenarios "
                "that hold it cannot run.",
                where=asset_class,
                fix=f"Load its prices, or map another: foresto instruments map "
                f"{asset_class}=SYMBOL.",
            )
