"""HYPERRSI: the RSI's way out of its extremes, against the trend."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from foresto_lab.indicators import IndicatorUse
from foresto_lab.strategies.bars import Bars
from foresto_lab.strategies.comparisons import crossover, crossunder
from foresto_lab.strategies.library.built_in import (
    BuiltInStrategy,
    condition,
    indicator,
    stop_of,
)
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import SignalBits, Signals
from foresto_lab.strategies.trading_strategy import StrategyConfig


class HyperRsi(BuiltInStrategy):
    """Long when the RSI rises out of oversold, short when it falls out of overbought.

    *reverse* (the default): LONG when the RSI was at or below oversold on the bar
    before and is above it now, with the trend filter only if close < EMA; SHORT
    mirrored, with the filter only if close > EMA. *follow*: LONG whenever RSI ≤
    oversold, SHORT whenever RSI ≥ overbought; it takes no filter.

    A position ends by the opposite signal or by its stop.

    Parameters
    ----------
    rsi_period : int
        Bars of Wilder's RSI, 2 to 50.
    rsi_oversold, rsi_overbought : float
        0 to 50, and 50 to 100.
    entry_option : {"reverse", "follow"}
    use_trend_filter : bool
    trend_ema_period : int
        50 to 500.
    leverage : float
        1 to 20.
    stop_loss_percent : float
        0.5 to 10, in percent of the entry price.
    """

    name: ClassVar[str] = "hyperrsi"

    class Config(StrategyConfig):
        """Parameters with the limits of the design."""

        rsi_period: int = Field(14, ge=2, le=50)
        rsi_oversold: float = Field(30.0, ge=0, le=50)
        rsi_overbought: float = Field(70.0, ge=50, le=100)
        entry_option: Literal["reverse", "follow"] = "reverse"
        use_trend_filter: bool = True
        trend_ema_period: int = Field(200, ge=50, le=500)
        leverage: float = Field(3.0, ge=1, le=20)
        stop_loss_percent: float = Field(2.0, ge=0.5, le=10)

    config: Config

    @property
    def is_filtered(self) -> bool:
        """Whether the trend decides too: only when reversing, and only if asked to."""
        return self.config.use_trend_filter and self.config.entry_option == "reverse"

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The RSI, and the EMA where the trend decides."""
        rsi = IndicatorUse("rsi", {"timeperiod": self.config.rsi_period})
        ema = IndicatorUse("ema", {"timeperiod": self.config.trend_ema_period})
        return (rsi, ema) if self.is_filtered else (rsi,)

    @property
    def risk(self) -> Risk:
        """The stop and the leverage."""
        return stop_of(self.config.stop_loss_percent, self.config.leverage)

    def signals(self, candles: Bars) -> Signals:
        """Return LONG and SHORT as entries; see the class."""
        config, rsi = self.config, candles["rsi"]
        if config.entry_option == "follow":
            return Signals.of(
                long_entry=rsi <= config.rsi_oversold,
                short_entry=rsi >= config.rsi_overbought,
            )
        long = crossover(rsi, config.rsi_oversold)
        short = crossunder(rsi, config.rsi_overbought)
        if self.is_filtered:
            long &= candles["close"] < candles["ema"]
            short &= candles["close"] > candles["ema"]
        return Signals.of(long_entry=long, short_entry=short)

    def analyze(self, window: Any) -> SignalBits:
        """Return the signal of the last bar, worked out from its last values alone."""
        bars, config = self.bars(window), self.config
        if len(bars) < 2:
            return SignalBits(0)
        before, now = bars["rsi"][-2:]
        if config.entry_option == "follow":
            long = now <= config.rsi_oversold
            short = now >= config.rsi_overbought
        else:
            long = before <= config.rsi_oversold < now
            short = before >= config.rsi_overbought > now
        if self.is_filtered:
            close, ema = bars["close"][-1], bars["ema"][-1]
            long, short = long and close < ema, short and close > ema
        entry = SignalBits.LONG_ENTRY if long else SignalBits(0)
        return entry | (SignalBits.SHORT_ENTRY if short else SignalBits(0))

    def to_json(self) -> dict[str, Any]:
        """Return the same rules in the JSON language."""
        config = self.config
        follows = config.entry_option == "follow"
        low, high = ("<=", ">=") if follows else ("crossover", "crossunder")
        long = [condition("rsi", low, config.rsi_oversold)]
        short = [condition("rsi", high, config.rsi_overbought)]
        indicators = [indicator("rsi", {"timeperiod": config.rsi_period})]
        if self.is_filtered:
            long.append(condition("close", "<", "ema"))
            short.append(condition("close", ">", "ema"))
            indicators.append(indicator("ema", {"timeperiod": config.trend_ema_period}))
        return self._json(indicators, {"buyConditions": long, "shortConditions": short})
