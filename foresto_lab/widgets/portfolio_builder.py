"""The portfolio builder without its page: a draft, what is wrong with it, a preview.

Every change judges the draft anew and simulates it where it is a portfolio; a draft
that is none keeps its last preview off the page. Saving makes a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import ForestoError, InputError, UnknownNameError
from foresto_lab.labels import label, require_language
from foresto_lab.widgets.comparison import Setting
from foresto_lab.widgets.explorer import Outcome
from foresto_lab.widgets.portfolio_draft import (
    DraftRow,
    PortfolioDraft,
    Verdict,
    judge,
    percent_of,
)

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.labels import Language
    from foresto_lab.registry import RegisteredDefinition
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.scenarios.portfolio import Portfolio

HOLD: Final = ""
"""The preview's rule that never rebalances."""
FIRST_RULE: Final = "MONTHLY"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft came to: a result, or the reason why there is none."""

    result: SimulationResult | None = None
    message: str = ""


class PortfolioBuilder:
    """A portfolio written line by line, checked and simulated at every change.

    Show it as the last line of a notebook cell, or drive it from Python: both change
    the same thing.

    Parameters
    ----------
    lab : Lab
        Whose instruments, prices and portfolios it works with.
    portfolio : str or Portfolio, optional
        What to begin with; left out, the workspace's instruments in equal parts.
    language : {"ko", "en"}, optional
        The language of labels; the workspace's by default.

    Examples
    --------
    >>> builder = PortfolioBuilder(lab)                            # doctest: +SKIP
    >>> builder.set(name="Core")                                   # doctest: +SKIP
    >>> builder.set_row(0, symbol="SPY", percent="60")             # doctest: +SKIP
    >>> builder.save()                                             # doctest: +SKIP
    """

    def __init__(
        self,
        lab: Lab,
        portfolio: str | Portfolio | None = None,
        *,
        language: str | None = None,
    ) -> None:
        self.lab = lab
        self.language: Language = require_language(language or lab.settings.language)
        self.rule = FIRST_RULE if FIRST_RULE in self.rules() else HOLD
        self.message = ""
        self.saved: RegisteredDefinition | None = None
        self.compute_seconds = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._past: list[PortfolioDraft] = []
        self._future: list[PortfolioDraft] = []
        self._widget: Any = None
        self.draft = self._first(portfolio)
        self.verdict = Verdict()
        self.preview = Preview()
        self._judge()

    def _first(self, given: str | Portfolio | None) -> PortfolioDraft:
        if given is not None:
            found = self.lab.resolve_portfolio(given)
            if isinstance(found, str):
                self.lab.portfolio(found)  # raises: there is none of this name
            return PortfolioDraft.of(found)
        mapped = self.lab.storage.catalog.instrument_map()
        held = {c: s for c, s in mapped.items() if s in self.spans}
        if not held:
            return PortfolioDraft()
        rows = [DraftRow(s, c) for c, s in held.items()]
        return _spread(PortfolioDraft(rows=tuple(rows)))

    # --- what is there ----------------------------------------------------------------

    @cached_property
    def known(self) -> Mapping[str, str]:
        """The symbols that can be held, with their names in the builder's language."""
        table = self.lab.instruments()
        names = table[f"name_{self.language}"]
        return {
            str(symbol): str(name) if isinstance(name, str) else str(symbol)
            for symbol, name in names.items()
        }

    @cached_property
    def spans(self) -> Mapping[str, tuple[str, str]]:
        """The first and the last date of each symbol's prices."""
        table = self.lab.coverage()
        return {
            str(row["symbol"]): (f"{row['first_date']:%F}", f"{row['last_date']:%F}")
            for _, row in table.iterrows()
        }

    def rules(self) -> list[str]:
        """Return the names of the stored rebalancing rules."""
        return list(self.lab.storage.catalog.rules())

    def stored(self) -> list[str]:
        """Return the names of the stored portfolios."""
        return list(self.lab.portfolios().index)

    @property
    def portfolio(self) -> Portfolio | None:
        """The portfolio that the draft says; None while it says none."""
        return self.draft.portfolio() if self.verdict.passed else None

    @property
    def result(self) -> SimulationResult | None:
        """The preview's result; None where there is none."""
        return self.preview.result

    @property
    def outcome(self) -> Outcome:
        """The preview as the charts of the explorer take it."""
        name = self.draft.name.strip() or label("builder_draft", self.language)
        return Outcome(Setting(name), name, self.preview.result, self.preview.message)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change that was taken back."""
        return bool(self._future)

    # --- changing it ------------------------------------------------------------------

    def set(self, **changes: Any) -> Verdict:
        """Change texts of the draft, or the preview's ``rule``; judge it anew.

        Parameters
        ----------
        **changes
            ``name``, ``description``, ``method``, ``lookback``, ``uninvested``;
            ``rule``, a stored rule's name or empty for buy and hold.
        """
        return self._try(lambda: self._changed(dict(changes)))

    def _changed(self, changes: dict[str, Any]) -> PortfolioDraft:
        rule = changes.pop("rule", self.rule)
        if rule and rule not in self.rules():
            raise UnknownNameError(
                kind="rebalancing rule", given=rule, allowed=tuple(self.rules())
            )
        self.rule = rule
        return self.draft.changed(**changes)

    def set_row(self, place: int, **changes: Any) -> Verdict:
        """Change a row's ``symbol``, ``asset_class`` or ``percent``; judge it anew.

        A new symbol that the workspace knows takes its asset class along.
        """
        return self._try(lambda: self._row_changed(place, changes))

    def _row_changed(self, place: int, changes: dict[str, Any]) -> PortfolioDraft:
        symbol = str(changes.get("symbol", "")).strip()
        if symbol and "asset_class" not in changes:
            known = self._class_of(symbol)
            changes = {**changes, "asset_class": known} if known else changes
        return self.draft.with_row(place, **changes)

    def _class_of(self, symbol: str) -> str | None:
        from foresto_lab.types import AssetClass

        for item in self.lab.storage.catalog.instruments():
            if item.symbol == symbol and item.asset_class in set(AssetClass):
                return str(item.asset_class)
        return None

    def add_row(self) -> Verdict:
        """Add an empty row."""
        return self._try(self.draft.added)

    def remove_row(self, place: int) -> Verdict:
        """Drop a row."""
        return self._try(lambda: self.draft.removed(place))

    def spread(self) -> Verdict:
        """Give every row the same percent of what is invested."""
        return self._try(lambda: _spread(self.draft))

    def load(self, name: str) -> Verdict:
        """Take a stored portfolio as the draft."""
        return self._try(lambda: PortfolioDraft.of(self.lab.portfolio(name)))

    def undo(self) -> Verdict:
        """Take the last change back."""
        if self._past:
            self._future.append(self.draft)
            self._show(self._past.pop())
        return self.verdict

    def redo(self) -> Verdict:
        """Make again the change that was taken back."""
        if self._future:
            self._past.append(self.draft)
            self._show(self._future.pop())
        return self.verdict

    def set_language(self, language: str) -> None:
        """Show everything in the other language."""
        self.language = require_language(language)
        with suppress(AttributeError):
            del self.known
        self._show(self.draft)

    def _try(self, change: Callable[[], PortfolioDraft]) -> Verdict:
        """Make a change, or say why it cannot be made."""
        try:
            draft = change()
        except ForestoError as error:
            self.message = str(error)
            self._notify()
            return self.verdict
        if draft != self.draft:
            self._past.append(self.draft)
            self._future.clear()
        self._show(draft)
        return self.verdict

    def _show(self, draft: PortfolioDraft) -> None:
        self.draft = draft
        self.message = ""
        self._judge()
        self._notify()

    # --- judging it -------------------------------------------------------------------

    def _judge(self) -> None:
        began = perf_counter()
        self.verdict = judge(self.draft, self.known, self.spans, self.language)
        self.preview = self._preview()
        self.compute_seconds = perf_counter() - began

    def _preview(self) -> Preview:
        named = replace(self.draft, name=self.draft.name.strip() or "Draft")
        verdict = judge(named, self.known, self.spans, self.language)
        if not verdict.passed:
            return Preview()
        if any(row.symbol.strip() not in self.spans for row in named.rows):
            return Preview()
        try:
            result = self.lab.simulate(
                named.portfolio(), rebalancing=self.rule or None, save=False
            )
        except ForestoError as error:
            return Preview(message=str(error))
        return Preview(result)

    # --- keeping it -------------------------------------------------------------------

    def save(self) -> RegisteredDefinition | None:
        """Keep the draft as a version; None, and a message, if it is no portfolio.

        What the newest version says already is not kept again.
        """
        try:
            portfolio = self.portfolio
            if portfolio is None:
                raise InputError(message=self._first_fault())
            kept = self.lab.save_portfolio(portfolio)
        except ForestoError as error:
            self.message = str(error)
            self._notify()
            return None
        self.message, self.saved = "", kept
        self._notify()
        return kept

    def _first_fault(self) -> str:
        said = [*self.verdict.faults, *self.verdict.rows.values()]
        return said[0] if said else ""

    def code(self) -> str:
        """Return the Python that makes the portfolio; empty while it is none."""
        portfolio = self.portfolio
        if portfolio is None:
            return ""
        return f"fl.Portfolio.from_dict({portfolio.to_dict()!r})"

    # --- being watched ----------------------------------------------------------------

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @property
    def widget(self) -> Any:
        """The page of this builder, to be placed among other widgets."""
        if self._widget is None:
            from foresto_lab.widgets.portfolio_view import PortfolioView

            self._widget = PortfolioView(self)
        return self._widget

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        """Return what is drafted."""
        state = "ready" if self.verdict.passed else "not ready"
        count = len(self.draft.rows)
        return f"PortfolioBuilder({self.draft.name!r}, {count} rows, {state})"


def portfolio_builder(
    lab: Lab | None = None,
    portfolio: str | Portfolio | None = None,
    *,
    language: str | None = None,
) -> PortfolioBuilder:
    """Open the portfolio builder, on this workspace or on the one found from here.

    >>> fl.widgets.portfolio_builder()                            # doctest: +SKIP
    """
    if lab is None:
        from foresto_lab.lab import open_lab

        lab = open_lab()
    return PortfolioBuilder(lab, portfolio, language=language)


def _spread(draft: PortfolioDraft) -> PortfolioDraft:
    """Return the draft with equal percents, the last taking what rounding leaves."""
    if not draft.rows:
        return draft
    with suppress(ValueError, InputError):
        uninvested = float(draft.uninvested.replace("%", "").strip() or 0)
        share = round((100.0 - uninvested) / len(draft.rows), 2)
        last = round(100.0 - uninvested - share * (len(draft.rows) - 1), 2)
        percents = [share] * (len(draft.rows) - 1) + [last]
        rows = [
            replace(row, percent=percent_of(percent / 100))
            for row, percent in zip(draft.rows, percents, strict=True)
        ]
        return replace(draft, rows=tuple(rows))
    return draft
