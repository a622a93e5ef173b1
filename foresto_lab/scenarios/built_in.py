"""The scenarios, rules and instruments that every workspace begins with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from foresto_lab.rebalancing import Drift, Hybrid, Periodic, RebalancingRule
from foresto_lab.scenarios.definition import Instrument, Scenario
from foresto_lab.types import AssetClass, Frequency, HybridMode


def _scenario(
    name: str, ko: tuple[str, str], en: tuple[str, str], percents: tuple[int, ...]
) -> Scenario:
    weights = {
        str(asset_class): percent / 100
        for asset_class, percent in zip(AssetClass, percents, strict=True)
    }
    return Scenario(name, ko[0], en[0], weights, ko[1], en[1])


BUILT_IN_SCENARIOS: Final[tuple[Scenario, ...]] = (
    _scenario(
        "MIN_VOL",
        ("변동성 최소화", "채권과 단기금융에 70%를 두어 흔들림을 가장 작게 합니다."),
        (
            "Minimum volatility",
            "70 % in bonds and cash, to move as little as possible.",
        ),
        (15, 45, 25, 10, 5),
    ),
    _scenario(
        "DEFENSIVE",
        ("방어형", "주식을 4분의 1만 두어 하락장을 견딥니다."),
        ("Defensive", "A quarter in equity, to withstand falling markets."),
        (25, 40, 20, 10, 5),
    ),
    _scenario(
        "GROWTH",
        ("성장형", "주식을 절반 넘게 두어 긴 안목으로 성장을 좇습니다."),
        ("Growth", "More than half in equity, for growth over the long run."),
        (55, 20, 10, 10, 5),
    ),
)
"""Over equity, bond, cash, gold and other."""

_MONTHLY: Final = Periodic(Frequency.MONTHLY)
_DRIFT_5: Final = Drift(0.05)

BUILT_IN_RULES: Final[Mapping[str, RebalancingRule]] = MappingProxyType(
    {
        "MONTHLY": _MONTHLY,
        "QUARTERLY": Periodic(Frequency.QUARTERLY),
        "DRIFT_5": _DRIFT_5,
        "HYBRID": Hybrid(_MONTHLY, _DRIFT_5, HybridMode.ALL),
    }
)


def _fund(symbol: str, ko: str, en: str, asset_class: AssetClass) -> Instrument:
    return Instrument(symbol, ko, en, asset_class, market="KRX_ETF")


DEFAULT_INSTRUMENTS: Final[tuple[Instrument, ...]] = (
    _fund("069500", "KODEX 200", "KODEX 200", AssetClass.EQUITY),
    _fund("152380", "KODEX 국채선물10년", "KODEX KTB 10Y Futures", AssetClass.BOND),
    _fund("153130", "KODEX 단기채권", "KODEX Short-term Bond", AssetClass.CASH),
    _fund("132030", "KODEX 골드선물(H)", "KODEX Gold Futures (H)", AssetClass.GOLD),
    _fund(
        "130680",
        "TIGER 원유선물Enhanced(H)",
        "TIGER WTI Futures Enhanced (H)",
        AssetClass.OTHER,
    ),
)
"""Exchange traded funds of the Korea Exchange."""

DEFAULT_INSTRUMENT_MAP: Final[Mapping[str, str]] = MappingProxyType(
    {str(item.asset_class): item.symbol for item in DEFAULT_INSTRUMENTS}
)
"""The symbol that stands for each asset class until it is mapped anew."""
