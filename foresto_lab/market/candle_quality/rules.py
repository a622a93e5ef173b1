"""The rules, by code. Adding one adds a file, a line here, and a test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from foresto_lab.market.candle_quality.gap import Gap
from foresto_lab.market.candle_quality.high_below_low import HighBelowLow
from foresto_lab.market.candle_quality.long_wick import LongWick
from foresto_lab.market.candle_quality.missing_value import MissingValue
from foresto_lab.market.candle_quality.negative_volume import NegativeVolume
from foresto_lab.market.candle_quality.not_positive import NotPositive
from foresto_lab.market.candle_quality.off_grid import OffGrid
from foresto_lab.market.candle_quality.out_of_order import OutOfOrder
from foresto_lab.market.candle_quality.outside_range import OutsideRange
from foresto_lab.market.candle_quality.overlap import Overlap
from foresto_lab.market.candle_quality.repeated import Repeated
from foresto_lab.market.candle_quality.rule import CandleRule
from foresto_lab.market.candle_quality.spike import Spike
from foresto_lab.market.candle_quality.stale import Stale
from foresto_lab.market.candle_quality.zero_volume import ZeroVolume

CANDLE_RULES: Mapping[str, type[CandleRule]] = MappingProxyType(
    {
        # errors
        MissingValue.code: MissingValue,
        NotPositive.code: NotPositive,
        NegativeVolume.code: NegativeVolume,
        HighBelowLow.code: HighBelowLow,
        OutsideRange.code: OutsideRange,
        Repeated.code: Repeated,
        OutOfOrder.code: OutOfOrder,
        Overlap.code: Overlap,
        # warnings
        Gap.code: Gap,
        OffGrid.code: OffGrid,
        LongWick.code: LongWick,
        Spike.code: Spike,
        Stale.code: Stale,
        # to know
        ZeroVolume.code: ZeroVolume,
    }
)
