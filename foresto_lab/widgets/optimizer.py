"""The optimizer without its page: what is searched, how far it is, what was found.

A search runs in a thread of its own, so that its progress can be watched and its end
asked for. What a cancelled one has found until then is a result, marked as partial.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.backtest import Execution
from foresto_lab.errors import ForestoError, InputError, UnknownNameError
from foresto_lab.labels import require_language
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.widgets.optimizer_setting import OptimizerSetting
from foresto_lab.widgets.strategy_candles import CandleShelf, Series

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.backtest import BacktestResult
    from foresto_lab.lab import Lab
    from foresto_lab.labels import Language
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.optimize.searching.progress import Progress

_SHOWN_EVERY: Final = 0.2
"""Seconds between two looks at the progress: more often nobody reads it."""


class Optimizer:
    """One search of a strategy's parameters: set, started, watched, cancelled, read.

    Show it as the last line of a notebook cell, or drive it from Python: both change
    the same thing. The result is there for the next cell.

    Parameters
    ----------
    lab : Lab
        Whose candles are searched on; its ledger counts every trial.
    symbol, timeframe : str, optional
        What to begin with; the first there is by default.
    candles : DataFrame or CandleTable, optional
        Candles to search on in place of the lab's; nothing is registered then.
    language : {"ko", "en"}, optional
        The workspace's by default.

    Examples
    --------
    >>> optimizer = Optimizer(lab, symbol="SIM_EQUITY")           # doctest: +SKIP
    >>> optimizer.vary("fast_period", "5:50:5")                   # doctest: +SKIP
    >>> optimizer.start()                                         # doctest: +SKIP
    >>> optimizer.wait().verdict                                  # doctest: +SKIP
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
        series = self._first_series(symbol, timeframe)
        self.setting = OptimizerSetting(series).with_strategy("sma_cross")
        self.message = ""
        self.progress: Progress | None = None
        self.result: OptimizationResult | None = None
        self.opened: BacktestResult | None = None
        self.opened_trial: int | None = None
        self.axes: tuple[str | None, str | None] = (None, None)
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown_at = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._widget: Any = None

    def _first_series(self, symbol: str | None, timeframe: str | None) -> Series:
        if self._given is not None:
            name = self._given.timeframe
            return Series(self._given.symbol, "" if name is None else str(name))
        every = self.shelf.series()
        for one in every:
            if symbol in (None, one.symbol) and timeframe in (None, one.timeframe):
                return one
        if not every:
            raise InputError(
                message="The workspace has no candles to search on. Load some with "
                "`foresto candles load FILE`, or pass candles=."
            )
        wanted = " ".join(part for part in (symbol, timeframe) if part)
        raise UnknownNameError(
            kind="series of candles", given=wanted, allowed=[str(one) for one in every]
        )

    # --- what is there ---------------------------------------------------------------

    @property
    def series(self) -> tuple[Series, ...]:
        """The candles that can be chosen."""
        if self._given is not None:
            return (self.setting.series,)
        return self.shelf.series()

    @property
    def candles(self) -> CandleTable:
        """The candles that are searched on."""
        return self._given or self.shelf.table(self.setting.series)

    @property
    def is_running(self) -> bool:
        """Whether a search is under way."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    # --- changing it -----------------------------------------------------------------

    def set(self, **changes: Any) -> None:
        """Change what is searched; what cannot be becomes ``message``.

        Parameters
        ----------
        **changes
            ``strategy``, a built-in one's name; ``series``; ``method``, ``trials``,
            ``objective``, ``constraints``, ``initial_capital``, ``fee_rate``, ``seed``.
        """
        with self._told():
            setting, given = self.setting, dict(changes)
            if "strategy" in given:
                setting = setting.with_strategy(given.pop("strategy"))
            if "series" in given:
                given_series = self._known(given.pop("series"))
                setting = setting.with_series(given_series)
            self.setting = setting.with_values(given)

    def vary(self, parameter: str, text: str | None = None) -> None:
        """Search a parameter, in the range of a text such as ``5:50:5`` or ``a,b``."""
        with self._told():
            changes = {} if text is None else {"text": text.strip()}
            self.setting = self.setting.with_range(parameter, varied=True, **changes)

    def fix(self, parameter: str) -> None:
        """Leave a parameter at the strategy's own value."""
        with self._told():
            self.setting = self.setting.with_range(parameter, varied=False)

    def show_axes(self, x: str | None = None, y: str | None = None) -> None:
        """Draw the heat map over these two parameters; by default the important."""
        self.axes = (x or None, y or None)
        self._notify()

    def set_language(self, language: str) -> None:
        """Show everything in the other language."""
        self.language = require_language(language)
        self._notify()

    def _known(self, given: Any) -> Series:
        wanted = given if isinstance(given, Series) else Series.parse(str(given))
        if wanted not in self.series:
            raise UnknownNameError(
                kind="series of candles",
                given=str(wanted),
                allowed=[str(one) for one in self.series],
            )
        return wanted

    def _told(self) -> _Told:
        return _Told(self)

    # --- searching -------------------------------------------------------------------

    def start(self) -> bool:
        """Begin the search in the background; False, and a message, if it cannot be.

        A search that is under way is not disturbed.
        """
        if self.is_running:
            return False
        try:
            self.setting.planned()
        except ForestoError as error:
            self.message = str(error)
            self._notify()
            return False
        self.message, self.progress, self.result = "", None, None
        self.opened, self.opened_trial, self.axes = None, None, (None, None)
        self._cancel.clear()
        self._thread = threading.Thread(
            target=self._search, args=(self.setting,), daemon=True
        )
        self._thread.start()
        self._notify()
        return True

    def cancel(self) -> None:
        """Ask the search to end; what it has found until then is kept."""
        self._cancel.set()
        self._notify()

    @property
    def is_cancelling(self) -> bool:
        """Whether a search was asked to end and has not yet."""
        return self.is_running and self._cancel.is_set()

    def wait(self, timeout: float | None = None) -> OptimizationResult | None:
        """Wait for the search to end, and return what it found."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return self.result

    def _search(self, setting: OptimizerSetting) -> None:
        try:
            self.result = self._optimize(setting)
        except ForestoError as error:
            self.message = str(error)
        except Exception as error:  # a thread has no caller: every error is shown
            self.message = f"{type(error).__name__}: {error}"
        self._thread = None
        self._notify()

    def _optimize(self, setting: OptimizerSetting) -> OptimizationResult:
        terms: dict[str, Any] = {
            "constraints": setting.constraint_list,
            "execution": Execution(fee_rate=setting.fee_rate),
            "initial_capital": setting.initial_capital,
            "seed": setting.seed,
            "progress": self._take_progress,
            "cancel": self._cancel,
        }
        space = dict(setting.space().parameters)
        what = (setting.definition, space, setting.way(), setting.objective)
        if self._given is not None:
            from foresto_lab.optimize.front import optimize

            return optimize(self._given, *what, **terms)
        return self.lab.optimize(
            *what,
            symbols=[setting.series.symbol],
            timeframe=setting.series.timeframe or "1d",
            **terms,
        )

    def _take_progress(self, progress: Progress) -> None:
        self.progress = progress
        now = monotonic()
        if now - self._shown_at >= _SHOWN_EVERY:
            self._shown_at = now
            self._notify()

    # --- looking at what was found ---------------------------------------------------

    def open(self, trial: int) -> BacktestResult | None:
        """Backtest a trial by its number; None, and a message, if it cannot be."""
        with self._told():
            if self.result is None:
                raise InputError(
                    message="Nothing was found yet: start a search, then open a trial."
                )
            self.opened = self.result.run(trial)
            self.opened_trial = trial
        return self.opened if not self.message else None

    def parameters_of(self, trial: int) -> Mapping[str, Any]:
        """Return a trial's parameters."""
        return {} if self.result is None else self.result.parameters_of(trial)

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
        """The page of this optimizer, to be placed among other widgets."""
        if self._widget is None:
            from foresto_lab.widgets.optimizer_view import OptimizerView

            self._widget = OptimizerView(self)
        return self._widget

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        """Return what is searched."""
        return f"Optimizer({self.setting.strategy} on {self.setting.series})"


class _Told:
    """Within it an error becomes the message; after it everybody is told."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    def __enter__(self) -> None:
        self._optimizer.message = ""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, ForestoError):
            self._optimizer.message = str(error)
        self._optimizer._notify()
        return isinstance(error, ForestoError)


def optimizer(lab: Lab | None = None, **options: Any) -> Optimizer:
    """Open the optimizer, on this workspace or on the one found from here.

    >>> fl.widgets.optimizer(symbol="SIM_EQUITY")                 # doctest: +SKIP
    """
    if lab is None:
        from foresto_lab.lab import open_lab

        lab = open_lab()
    return Optimizer(lab, **options)
