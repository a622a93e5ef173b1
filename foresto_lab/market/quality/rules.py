"""The rules, by code. Adding one adds a file, a line here, and a test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from foresto_lab.market.quality.duplicate_key import DuplicateKey
from foresto_lab.market.quality.early_end import EarlyEnd
from foresto_lab.market.quality.high_below_low import HighBelowLow
from foresto_lab.market.quality.jump import PriceJump
from foresto_lab.market.quality.missing_price import MissingPrice
from foresto_lab.market.quality.missing_session import MissingSession
from foresto_lab.market.quality.negative_volume import NegativeVolume
from foresto_lab.market.quality.not_daily import NotDaily
from foresto_lab.market.quality.not_positive import NotPositive
from foresto_lab.market.quality.off_calendar import OffCalendarRow
from foresto_lab.market.quality.out_of_order import OutOfOrder
from foresto_lab.market.quality.outside_calendar import OutsideCalendar
from foresto_lab.market.quality.outside_range import OutsideRange
from foresto_lab.market.quality.rule import QualityRule
from foresto_lab.market.quality.split_suspected import SplitSuspected
from foresto_lab.market.quality.stale_tail import StaleTail
from foresto_lab.market.quality.weekend import WeekendRow
from foresto_lab.market.quality.zero_volume import ZeroVolume

RULES: Mapping[str, type[QualityRule]] = MappingProxyType(
    {
        # errors
        MissingPrice.code: MissingPrice,
        NotPositive.code: NotPositive,
        NegativeVolume.code: NegativeVolume,
        HighBelowLow.code: HighBelowLow,
        DuplicateKey.code: DuplicateKey,
        OutOfOrder.code: OutOfOrder,
        OutsideCalendar.code: OutsideCalendar,
        WeekendRow.code: WeekendRow,
        NotDaily.code: NotDaily,
        # warnings
        PriceJump.code: PriceJump,
        SplitSuspected.code: SplitSuspected,
        OutsideRange.code: OutsideRange,
        OffCalendarRow.code: OffCalendarRow,
        MissingSession.code: MissingSession,
        StaleTail.code: StaleTail,
        # to know
        ZeroVolume.code: ZeroVolume,
        EarlyEnd.code: EarlyEnd,
    }
)
