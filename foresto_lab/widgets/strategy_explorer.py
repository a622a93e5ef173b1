"""The strategy explorer without its page: what is set, its preflight, what came out.

Every change is preflighted first; what passes is backtested on candles in memory. What
does not pass keeps its findings, and says why it would not trade.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from foresto_lab.backtest import Execution, backtest
from foresto_lab.errors import AmountError, ForestoError, InputError, UnknownNameError
from foresto_lab.labels import require_language
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.preflight import PreflightReport
from foresto_lab.preflight.strategy import StrategyInputs, check_strategy
from foresto_lab.strategies import BUILT_IN_STRATEGIES
from foresto_lab.widgets.progress import SavedRun
from foresto_lab.widgets.strategy_candles import CandleShelf, Series
from foresto_lab.widgets.strategy_parameters import controls_of, strategy_names

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.backtest import BacktestResult
    from foresto_lab.lab import Lab
    from foresto_lab.labels import Language

OWN_JSON: Final = ""
_FIRST: Final = "sma_cross"
_GIVEN: Final = Series("", "")


@dataclass(frozen=True, slots=True)
class StrategySetting:
    """What is explored: a strategy, the candles, the money and the costs.

    ``strategy`` is a built-in one's name with ``parameters``, or empty: then ``text``
    is the JSON. Rates are fractions.
    """

    series: Series
    strategy: str = _FIRST
    parameters: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    initial_capital: float = 10_000_000.0
    fee_rate: float = 0.0004
    slippage_bps: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class StrategyOutcome:
    """What a setting came to: its preflight, and a result where it passed."""

    result: BacktestResult | None = None
    preflight: PreflightReport | None = None
    message: str = ""


class StrategyExplorer:
    """One strategy on one symbol, preflighted and backtested at every change.

    Show it as the last line of a notebook cell, or drive it from Python: both change
    the same thing. The result is there for the next cell.

    Parameters
    ----------
    lab : Lab
        Whose candles are explored; a symbol's daily prices stand for candles of a day.
    symbol, timeframe : str, optional
        What to begin with; the first there is by default.
    candles : DataFrame or CandleTable, optional
        Candles to explore in place of the lab's.
    language : {"ko", "en"}, optional
        The workspace's by default.

    Examples
    --------
    >>> explorer = StrategyExplorer(lab, symbol="SIM_EQUITY")     # doctest: +SKIP
    >>> explorer.set(strategy="hyperrsi", rsi_period=9)           # doctest: +SKIP
    >>> explorer.result.metrics["sharpe"]                         # doctest: +SKIP
    """

    def __init__(
        self,
        lab: Lab,
        *,
        symbol: str | None = None,
        timeframe: str | None = None,
        candles: pd.DataFrame | CandleTable | None = None,
        language: str | None = None,
    ) -> None:
        self.lab = lab
        self.language: Language = require_language(language or lab.settings.language)
        self.shelf = CandleShelf(lab)
        self._given = None if candles is None else parse_candles(candles)
        self.saved: SavedRun | None = None
        self.window: tuple[float, float] | None = None
        self.compute_seconds = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._widget: Any = None
        self.setting = StrategySetting(self._first_series(symbol, timeframe))
        self.outcome = self._compute()

    def _first_series(self, symbol: str | None, timeframe: str | None) -> Series:
        if self._given is not None:
            name = self._given.timeframe
            return Series(self._given.symbol, "" if name is None else str(name))
        every = self.shelf.series()
        fitting = [
            one
            for one in every
            if symbol in (None, one.symbol) and timeframe in (None, one.timeframe)
        ]
        if fitting:
            return fitting[0]
        if not every:
            raise InputError(
                message="The workspace has no candles to explore. Load some with "
                "`foresto candles load FILE`, or pass candles=."
            )
        wanted = " ".join(part for part in (symbol, timeframe) if part)
        raise UnknownNameError(
            kind="series of candles", given=wanted, allowed=[str(one) for one in every]
        )

    # --- what is there ---------------------------------------------------------------

    @property
    def result(self) -> BacktestResult | None:
        """What came out; None where preflight did not pass."""
        return self.outcome.result

    @property
    def preflight(self) -> PreflightReport | None:
        """What preflight found."""
        return self.outcome.preflight

    @property
    def series(self) -> tuple[Series, ...]:
        """The candles that can be chosen."""
        return (
            (self.setting.series,) if self._given is not None else self.shelf.series()
        )

    @property
    def candles(self) -> CandleTable:
        """The candles that are traded on."""
        return self._given or self.shelf.table(self.setting.series)

    @property
    def definition(self) -> Any:
        """The strategy as ``lab.backtest`` takes it.

        Raises
        ------
        InputError
            The JSON cannot be read.
        """
        setting = self.setting
        if setting.strategy != OWN_JSON:
            return BUILT_IN_STRATEGIES[setting.strategy](**setting.parameters)
        try:
            return json.loads(setting.text)
        except (ValueError, RecursionError) as error:
            raise InputError(message=f"The JSON cannot be read: {error}.") from None

    @property
    def execution(self) -> Execution:
        """Fills and costs."""
        setting = self.setting
        return Execution(
            fee_rate=setting.fee_rate,
            slippage_bps=setting.slippage_bps,
        )

    def json_text(self) -> str:
        """Return the strategy as JSON: what was written, or what the sliders say."""
        if self.setting.strategy == OWN_JSON:
            return self.setting.text
        try:
            plain = self.definition.to_json()
        except ForestoError:
            return self.setting.text
        return json.dumps(plain, ensure_ascii=False, indent=2)

    # --- changing it -----------------------------------------------------------------

    def set(self, **changes: Any) -> StrategyOutcome:
        """Change the setting; preflight, and backtest what passes.

        Parameters
        ----------
        **changes
            ``strategy``, a built-in one's name; ``json``, a text or a mapping;
            ``series``, ``symbol`` or ``timeframe``; ``initial_capital``, ``fee_rate``,
            ``slippage_bps``; or a parameter of the strategy.

        Returns
        -------
        StrategyOutcome
            With ``result`` None where it cannot be run; ``preflight`` then says why.
        """
        try:
            self.setting = self._changed(changes)
        except ForestoError as error:
            self.outcome = replace(self.outcome, result=None, message=str(error))
        else:
            if {"series", "symbol", "timeframe"} & changes.keys():
                self.window = None
            self.outcome = self._compute()
        self._notify()
        return self.outcome

    def _changed(self, changes: Mapping[str, Any]) -> StrategySetting:
        setting, given = self.setting, dict(changes)
        if "strategy" in given:
            setting = self._with_strategy(setting, given.pop("strategy"))
        if "json" in given:
            content = given.pop("json")
            text = (
                content if isinstance(content, str) else json.dumps(content, indent=2)
            )
            setting = replace(setting, strategy=OWN_JSON, parameters={}, text=text)
        series: dict[str, Any] = {
            name: given.pop(name) for name in Series._fields if name in given
        }
        if "series" in given:
            setting = replace(setting, series=self._known(given.pop("series")))
        elif series:
            setting = replace(setting, series=self._known(setting.series.with_(series)))
        own = {control.name: control for control in self.controls(setting)}
        parameters = dict(setting.parameters)
        settings: dict[str, Any] = {}
        for name, value in given.items():
            if name in own:
                parameters[name] = own[name].parse(value)
            elif name in _AMOUNTS:
                settings[name] = _parse_amount(name, value)
            else:
                raise UnknownNameError(
                    kind="setting", given=name, allowed=(*own, *_AMOUNTS)
                )
        return replace(setting, parameters=parameters, **settings)

    def controls(self, setting: StrategySetting | None = None) -> tuple[Any, ...]:
        """Return the controls of the strategy's parameters; none of one's own JSON."""
        chosen = (setting or self.setting).strategy
        return controls_of(chosen) if chosen != OWN_JSON else ()

    def _with_strategy(self, setting: StrategySetting, name: str) -> StrategySetting:
        if name == OWN_JSON:
            text = self.json_text()
            return replace(setting, strategy=OWN_JSON, parameters={}, text=text)
        if name not in strategy_names():
            raise UnknownNameError(
                kind="strategy", given=name, allowed=strategy_names()
            )
        return replace(setting, strategy=name, parameters={}, text="")

    def _known(self, given: Any) -> Series:
        wanted = given if isinstance(given, Series) else Series.parse(str(given))
        if wanted not in self.series:
            raise UnknownNameError(
                kind="series of candles",
                given=str(wanted),
                allowed=[str(one) for one in self.series],
            )
        return wanted

    def zoom(self, start: float | None = None, end: float | None = None) -> None:
        """Show the chart between two instants in milliseconds; by default all of it."""
        self.window = None if start is None or end is None else (start, end)
        self._notify()

    def set_language(self, language: str) -> None:
        """Show everything in the other language."""
        self.language = require_language(language)
        self._notify()

    # --- computing -------------------------------------------------------------------

    def _compute(self) -> StrategyOutcome:
        began = perf_counter()
        try:
            return self._outcome()
        except ForestoError as error:
            return StrategyOutcome(message=str(error))
        finally:
            self.compute_seconds = perf_counter() - began

    def _outcome(self) -> StrategyOutcome:
        definition, table, execution = self.definition, self.candles, self.execution
        report = check_strategy(
            StrategyInputs(
                given=definition,
                candles=table,
                execution=execution,
                initial_capital=self.setting.initial_capital,
                symbol=self.setting.series.symbol,
            )
        )
        if not report.passed:
            return StrategyOutcome(preflight=report)
        result = backtest(
            table,
            definition,
            execution,
            initial_capital=self.setting.initial_capital,
            symbol=self.setting.series.symbol,
        )
        return StrategyOutcome(result, report)

    # --- keeping it ------------------------------------------------------------------

    def figures(self) -> dict[str, go.Figure]:
        """Return the static twins of the chart: price, overview, trade returns."""
        from foresto_lab import figures

        if self.result is None:
            return {}
        drawn = (figures.backtest.price, figures.backtest.trade_returns)
        twins = {
            one.__name__: one(self.result, language=self.language) for one in drawn
        }
        return {**twins, "overview": self.result.plot(language=self.language)}

    def save(self) -> SavedRun | None:
        """Register what is set as a run; None, and a message, if it cannot be run."""
        setting = self.setting
        try:
            result = self.lab.backtest(
                self.definition,
                symbols=[setting.series.symbol],
                timeframe=setting.series.timeframe or "1d",
                initial_capital=setting.initial_capital,
                execution=self.execution,
            )
        except ForestoError as error:
            self.outcome = replace(self.outcome, message=str(error))
            self._notify()
            return None
        name = str(getattr(result.strategy, "name", "strategy"))
        self.saved = SavedRun(name, result.run_id, result.request_hash)
        self._notify()
        return self.saved

    # --- being watched ---------------------------------------------------------------

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @property
    def widget(self) -> Any:
        """The page of this explorer, to be placed among other widgets."""
        if self._widget is None:
            from foresto_lab.widgets.strategy_view import StrategyView

            self._widget = StrategyView(self)
        return self._widget

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        """Return what is explored."""
        name = self.setting.strategy or "JSON"
        return f"StrategyExplorer({name} on {self.setting.series})"


def strategy_explorer(lab: Lab | None = None, **options: Any) -> StrategyExplorer:
    """Open the strategy explorer, on this workspace or on the one found from here.

    >>> fl.widgets.strategy_explorer(symbol="SIM_EQUITY")         # doctest: +SKIP
    """
    if lab is None:
        from foresto_lab.lab import open_lab

        lab = open_lab()
    return StrategyExplorer(lab, **options)


_AMOUNTS: Final = ("initial_capital", "fee_rate", "slippage_bps")


def _parse_amount(name: str, value: object) -> float:
    try:
        return float(str(value).replace(",", "").replace("_", "").strip())
    except ValueError:
        raise AmountError(parameter=name, given=value, allowed="a number") from None
