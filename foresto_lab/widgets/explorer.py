"""The scenario explorer without its page: what is set, what came out, what was kept.

Every change recomputes all settings with ``simulate`` on prices already in memory;
nothing is cached. A change that cannot be simulated becomes a message, not an
exception, and can be undone like any other.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import AmountError, ForestoError, InputError
from foresto_lab.labels import label, percent, require_language, rule_label
from foresto_lab.rebalancing.costs import COST_PRESETS
from foresto_lab.runs.plan import parse_date
from foresto_lab.scenarios import simulate
from foresto_lab.widgets.code import simulate_call
from foresto_lab.widgets.comparison import Comparison, RuleKind, Setting
from foresto_lab.widgets.futures import futures_of, require_view
from foresto_lab.widgets.prices import PriceShelf
from foresto_lab.widgets.progress import ReportProgress, SavedRun

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.lab import Lab
    from foresto_lab.labels import Language
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.scenarios.forward import ForwardResult

FIRST_RULE: Final = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a setting came to: a result, or the reason why there is none."""

    setting: Setting
    label: str
    result: SimulationResult | None = None
    message: str = ""


class ScenarioExplorer:
    """Up to four scenarios under rules of one's choice, recomputed at every change.

    Show it as the last line of a notebook cell, or drive it from Python: both change
    the same thing. The results are there for the next cell.

    Parameters
    ----------
    lab : Lab
        Whose scenarios, rules and prices are explored.
    language : {"ko", "en"}, optional
        The language of labels; the workspace's by default.

    Examples
    --------
    >>> explorer = ScenarioExplorer(lab)                          # doctest: +SKIP
    >>> explorer.set(scenario="GROWTH", rule="DRIFT_5")           # doctest: +SKIP
    >>> explorer.result.summary["sharpe_ratio"]                   # doctest: +SKIP
    """

    def __init__(self, lab: Lab, *, language: str | None = None) -> None:
        self.lab = lab
        self.language: Language = require_language(language or lab.settings.language)
        self.message = ""
        self.saved: SavedRun | None = None
        self.report_progress: ReportProgress | None = None
        self.view = "history"
        self.compute_seconds = 0.0
        self._futures: tuple[Comparison, dict[str, ForwardResult]] | None = None
        self._shelf = PriceShelf(lab)
        self._listeners: list[Callable[[], None]] = []
        self._past: list[Comparison] = []
        self._future: list[Comparison] = []
        self._gesture: object = None
        self._widget: Any = None
        self.comparison = self._first_comparison()
        self.outcomes = self._compute(self.comparison)
        self.last_years(0)
        self._past.clear()

    def _first_comparison(self) -> Comparison:
        names = list(self.lab.scenarios().index)
        if not names:
            raise InputError(
                message="The workspace has no scenario to explore. "
                "`foresto init` adds the built-in ones."
            )
        rule = self.stored_rules().get(FIRST_RULE)
        return Comparison((Setting(names[0]).with_rule(rule),))

    # --- what is there ---------------------------------------------------------------

    def stored_rules(self) -> Mapping[str, RebalancingRule]:
        """Return the workspace's rules by name."""
        return self.lab.storage.catalog.rules()

    def stored_rule_name(self, setting: Setting | None = None) -> str | None:
        """Return the name under which the setting's rule is stored, if it is."""
        try:
            rule = (setting or self.comparison.setting).rule()
        except ForestoError:
            return None
        stored = self.stored_rules().items()
        return next((name for name, known in stored if known == rule), None)

    @property
    def outcome(self) -> Outcome:
        """What the active setting came to."""
        return self.outcomes[self.comparison.active]

    @property
    def result(self) -> SimulationResult | None:
        """The active setting's result; None where it could not be simulated."""
        return self.outcome.result

    @property
    def results(self) -> dict[str, SimulationResult]:
        """The results of the compared settings, by label."""
        return {o.label: o.result for o in self.outcomes if o.result is not None}

    def span(self) -> tuple[date | str, date | str]:
        """Return the first and the last day with prices of the active scenario."""
        try:
            return self._shelf.span(self.comparison.setting.scenario)
        except ForestoError:
            return "", ""

    @property
    def simulated(self) -> bool:
        """Whether any of the results rests on simulated prices."""
        return any(result.simulated for result in self.results.values())

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change that was taken back."""
        return bool(self._future)

    # --- changing it -----------------------------------------------------------------

    def set(self, *, gesture: object = None, **changes: Any) -> Outcome:
        """Change the active setting, or what all share, and recompute.

        Parameters
        ----------
        gesture : object, optional
            Changes in a row with the same gesture, a slider's for instance, are undone
            as one.
        **changes
            ``scenario``; ``rule``, a stored rule's name, a rule, or None; a parameter
            of the rule (``kind``, ``frequency``, ``base_day``, ``threshold``,
            ``relative``, ``to``, ``mode``, ``cost_rate``); ``costs``, a preset in place
            of its cost rate; or ``start``, ``end``, ``initial_amount`` and
            ``cash_flow``, such as ``+500000/MONTHLY``, which the compared settings
            share.

        Returns
        -------
        Outcome
            With ``result`` None and a ``message`` where it cannot be simulated.
        """
        return self._try(lambda: self._changed(changes), gesture)

    def _changed(self, changes: Mapping[str, Any]) -> Comparison:
        comparison = self.comparison
        given = dict(changes)
        if "rule" in given:
            rule = given.pop("rule")
            stored = self.lab.rule(rule) if isinstance(rule, str) else rule
            comparison = comparison.edited(comparison.setting.with_rule(stored))
        for name in ("start", "end"):
            if name in given:
                given[name] = parse_date(given[name], name)
        if "initial_amount" in given:
            given["initial_amount"] = _parse_amount(given["initial_amount"])
        if "cash_flow" in given:
            given["cash_flow"] = str(given["cash_flow"]).strip()
        return comparison.changed(**given)

    def add(self) -> Outcome:
        """Compare one more: a copy of the active setting, then edited in its place."""
        return self._try(self.comparison.added)

    def remove(self, index: int) -> Outcome:
        """Drop one of the compared settings."""
        return self._try(lambda: self.comparison.removed(index))

    def select(self, index: int) -> Outcome:
        """Edit another of the compared settings."""
        return self._try(lambda: self.comparison.selected(index))

    def last_years(self, years: int) -> Outcome:
        """Set the period to the last years that all have prices for; 0 is all of it."""
        return self._try(lambda: self._last_years(years))

    def _last_years(self, years: int) -> Comparison:
        whole = replace(self.comparison, start=None, end=None)
        spans = [o.result.path.index for o in self._compute(whole) if o.result]
        if not spans:
            return whole
        first = max(index[0] for index in spans).date()
        last = min(index[-1] for index in spans).date()
        start = max(first, _years_before(last, years)) if years else first
        return replace(whole, start=start, end=last)

    def undo(self) -> Outcome:
        """Take the last change back."""
        if self._past:
            self._future.append(self.comparison)
            self._show(self._past.pop())
        return self.outcome

    def redo(self) -> Outcome:
        """Make again the change that was taken back."""
        if self._future:
            self._past.append(self.comparison)
            self._show(self._future.pop())
        return self.outcome

    def set_language(self, language: str) -> None:
        """Show everything in the other language."""
        self.language = require_language(language)
        self._show(self.comparison)

    def set_view(self, view: str) -> None:
        """Show what was ("history") or what may come ("forward").

        Raises
        ------
        UnknownNameError
            There is no such part.
        """
        self.view = require_view(view)
        self._show(self.comparison)

    @property
    def futures(self) -> dict[str, ForwardResult]:
        """A thousand futures of each compared setting, by label; those there are."""
        if self._futures is None or self._futures[0] != self.comparison:
            found = {
                outcome.label: futures_of(
                    self.comparison, outcome.setting, self._shelf
                )[0]
                for outcome in self.outcomes
            }
            known = {name: result for name, result in found.items() if result}
            self._futures = (self.comparison, known)
        return self._futures[1]

    def _try(self, change: Callable[[], Comparison], gesture: object = None) -> Outcome:
        """Make a change, or say why it cannot be made."""
        try:
            comparison = change()
        except ForestoError as error:
            self.message = str(error)
            self._notify()
            return replace(self.outcome, result=None, message=self.message)
        if comparison != self.comparison:
            self._remember(gesture)
        self._show(comparison)
        return self.outcome

    def _remember(self, gesture: object) -> None:
        if gesture is None or gesture != self._gesture:
            self._past.append(self.comparison)
        self._future.clear()
        self._gesture = gesture

    def _show(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.message = ""
        self.outcomes = self._compute(comparison)
        self._notify()

    # --- computing -------------------------------------------------------------------

    def _compute(self, comparison: Comparison) -> tuple[Outcome, ...]:
        began = perf_counter()
        self._futures = None
        self._shelf.refresh()
        outcomes = tuple(self._outcome(comparison, s) for s in comparison.settings)
        self.compute_seconds = perf_counter() - began
        return outcomes

    def _outcome(self, comparison: Comparison, setting: Setting) -> Outcome:
        label = self._label(comparison, setting)
        try:
            rule = setting.rule()
            holdings = self._shelf.holdings(setting.scenario, rule, setting.costs)
            result = simulate(
                holdings.inputs.quoted,
                holdings.weights,
                rule,
                setting.costs or None,
                comparison.cash_flow or None,
                initial_amount=comparison.initial_amount,
                calendar=holdings.calendar,
                start=comparison.start,
                end=comparison.end,
                market=holdings.inputs.market,
            )
        except ForestoError as error:
            return Outcome(setting, label, message=str(error))
        named = replace(result, name=setting.scenario, currency=holdings.currency)
        return Outcome(setting, label, named)

    def _label(self, comparison: Comparison, setting: Setting) -> str:
        """Return how the setting is called, with its cost where that tells it apart."""
        name = self._short_label(setting)
        same = [s for s in comparison.settings if self._short_label(s) == name]
        if len({(s.cost_rate, s.costs) for s in same}) < 2:
            return name
        if setting.costs in COST_PRESETS:
            return f"{name} · {label(setting.costs, self.language)}"
        if setting.kind == RuleKind.NONE:
            return name
        return f"{name} · {percent(setting.cost_rate)}"

    def _short_label(self, setting: Setting) -> str:
        try:
            rule = setting.rule()
        except ForestoError:
            return setting.scenario
        words = rule_label(None if rule is None else rule.label, self.language)
        return f"{setting.scenario} · {words}"

    def figures(self) -> dict[str, go.Figure]:
        """Return the static twins of the chart: growth, drawdown, weights, turnover."""
        from foresto_lab import figures

        if self.result is None:
            return {}
        return {
            "growth": figures.growth(self.results, language=self.language),
            "drawdown": figures.drawdown(self.results, language=self.language),
            "weights": figures.weights(self.result, language=self.language),
            "turnover": figures.turnover(self.result, language=self.language),
        }

    # --- keeping it ------------------------------------------------------------------

    def code(self) -> str:
        """Return the Python that reproduces the active setting."""
        return simulate_call(
            self.comparison, self.stored_rule_name(), home=self.lab.home
        )

    def save(self) -> SavedRun | None:
        """Register the active setting as a run; None, and a message, if it cannot be.

        A run of the same request on the same data is found again, not made anew.
        """
        comparison = self.comparison
        try:
            result = self.lab.simulate(
                comparison.setting.scenario,
                start=comparison.start,
                end=comparison.end,
                initial_amount=comparison.initial_amount,
                rebalancing=comparison.setting.rule(),
                costs=comparison.setting.costs or None,
                cashflows=comparison.cash_flow or None,
            )
        except ForestoError as error:
            self.message = str(error)
        else:
            self.message = ""
            self.saved = SavedRun(
                self.outcome.label, result.run_id, result.request_hash
            )
        self._notify()
        return None if self.message else self.saved

    def report(self) -> threading.Thread | None:
        """Make the scenario report of the active setting in the background.

        ``report_progress`` says how far it is; listeners hear of it. Nothing is begun,
        and None returned, where the setting cannot be simulated.
        """
        if self.result is None:
            self.message = self.outcome.message
            self._notify()
            return None
        progress = ReportProgress.of(self)
        self.report_progress = progress
        self._notify()
        thread = threading.Thread(
            target=self._make_report, args=(progress,), daemon=True
        )
        thread.start()
        return thread

    def _make_report(self, progress: ReportProgress) -> None:
        try:
            report = self.lab.report(progress.kind, **progress.parameters)
        except Exception as error:  # a thread has no caller: every error is shown
            self.report_progress = progress.failed(error)
        else:
            self.report_progress = progress.done(report.path)
        finally:
            _close_event_loop()
        self._notify()

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
            from foresto_lab.widgets.view import ExplorerView

            self._widget = ExplorerView(self)
        return self._widget

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        """Return what is compared."""
        return f"ScenarioExplorer({', '.join(o.label for o in self.outcomes)})"


def scenario_explorer(
    lab: Lab | None = None, *, language: str | None = None
) -> ScenarioExplorer:
    """Open the scenario explorer, on this workspace or on the one found from here.

    >>> fl.widgets.scenario_explorer()                            # doctest: +SKIP
    """
    if lab is None:
        from foresto_lab.lab import open_lab

        lab = open_lab()
    return ScenarioExplorer(lab, language=language)


def _close_event_loop() -> None:
    """Close the event loop that a kernel's client leaves behind in its thread."""
    with suppress(RuntimeError):
        asyncio.get_event_loop().close()


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _parse_amount(value: object) -> float:
    """Return an amount of money from a number, or from text with separators."""
    try:
        return float(str(value).replace(",", "").replace("_", "").strip())
    except ValueError:
        raise AmountError(
            parameter="initial_amount", given=value, allowed="an amount of money"
        ) from None
