"""A portfolio while it is being written: what it says, and what is wrong with it.

A draft holds texts as they are typed. Nothing is refused: every fault is a sentence
beside the rest, and what can be told in spite of it is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Self

from foresto_lab.errors import ForestoError, InputError
from foresto_lab.labels import label
from foresto_lab.registry import parse_name
from foresto_lab.scenarios.portfolio import Portfolio
from foresto_lab.scenarios.weighting import WEIGHTINGS, EqualWeight, parse_weighting
from foresto_lab.types import AssetClass

if TYPE_CHECKING:
    from foresto_lab.scenarios.weighting import Weighting

FIXED: Final = "FIXED"
"""Weights are typed in, not computed."""
TOLERANCE: Final = Decimal("1e-7")
"""How far percents may be from 100 and still mean 100."""


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One line of a draft: an instrument, its sleeve and its percent of NAV."""

    symbol: str = ""
    asset_class: str = AssetClass.EQUITY
    percent: str = ""


ROW_FIELDS: Final = ("symbol", "asset_class", "percent")
FORM_FIELDS: Final = ("name", "description", "method", "lookback", "uninvested")


@dataclass(frozen=True, slots=True)
class PortfolioDraft:
    """What is typed into the builder: texts, of which any may be wrong.

    Parameters
    ----------
    name, description : str
    method : str
        ``FIXED``, or the type of a weighting that computes every weight.
    lookback : str
        Of a computed method, in sessions.
    uninvested : str
        Percent of NAV.
    rows : tuple of DraftRow
    """

    name: str = ""
    description: str = ""
    method: str = FIXED
    lookback: str = "252"
    uninvested: str = "0"
    rows: tuple[DraftRow, ...] = (DraftRow(),)

    # --- changing ---------------------------------------------------------------------

    def changed(self, **changes: Any) -> Self:
        """Return the draft with other texts.

        Raises
        ------
        InputError
            There is no such field.
        """
        for name in changes:
            if name not in FORM_FIELDS:
                raise InputError(message=f"A portfolio draft has no field {name!r}.")
        texts: dict[str, Any] = {name: str(text) for name, text in changes.items()}
        return replace(self, **texts)

    def with_row(self, place: int, **changes: Any) -> Self:
        """Return the draft with another text in a row."""
        self._require_place(place)
        for name in changes:
            if name not in ROW_FIELDS:
                raise InputError(message=f"A row of a portfolio has no {name!r}.")
        row = replace(self.rows[place], **{n: str(t) for n, t in changes.items()})
        return replace(self, rows=(*self.rows[:place], row, *self.rows[place + 1 :]))

    def added(self, row: DraftRow | None = None) -> Self:
        """Return the draft with one more row."""
        last = self.rows[-1].asset_class if self.rows else AssetClass.EQUITY
        return replace(self, rows=(*self.rows, row or DraftRow(asset_class=last)))

    def removed(self, place: int) -> Self:
        """Return the draft without a row."""
        self._require_place(place)
        return replace(self, rows=self.rows[:place] + self.rows[place + 1 :])

    def _require_place(self, place: int) -> None:
        if not 0 <= place < len(self.rows):
            raise InputError(
                message=f"There is no row {place + 1}; the portfolio has "
                f"{len(self.rows)}."
            )

    # --- from and to portfolios -------------------------------------------------------

    @classmethod
    def of(cls, portfolio: Portfolio) -> Self:
        """Return the draft that says what a portfolio does.

        Raises
        ------
        InputError
            Weights are computed within its sleeves, which the builder has no form for.
        """
        weighting = portfolio.weighting
        if weighting is None and portfolio.is_computed:
            raise InputError(
                message=f"{portfolio.name} computes weights within its sleeves. The "
                "builder has no form for that; change its JSON instead."
            )
        fixed = {} if weighting is not None else portfolio.weights
        rows = tuple(
            DraftRow(
                symbol,
                asset_class,
                percent_of(fixed[symbol]) if symbol in fixed else "",
            )
            for symbol, asset_class in portfolio.asset_classes.items()
        )
        return cls(
            name=portfolio.name,
            description=portfolio.description,
            method=FIXED if weighting is None else weighting.type,
            lookback=str(getattr(weighting, "lookback", 252)),
            uninvested=percent_of(portfolio.uninvested),
            rows=rows,
        )

    @property
    def weighting(self) -> Weighting | None:
        """What computes the weights; None where they are typed in."""
        if self.method == FIXED:
            return None
        kind = WEIGHTINGS.get(self.method)
        options = {} if kind is EqualWeight else {"lookback": _whole(self.lookback)}
        return parse_weighting({"type": self.method, **options})

    def portfolio(self, version: str = "1.0.0") -> Portfolio:
        """Return the portfolio that the draft says.

        Raises
        ------
        InputError
            It is none yet.
        """
        weighting = self.weighting
        sleeves: dict[str, dict[str, Any]] = {}
        for asset_class in dict.fromkeys(row.asset_class for row in self.rows):
            rows = [row for row in self.rows if row.asset_class == asset_class]
            sleeves[asset_class] = _sleeve(rows, computed=weighting is not None)
        return Portfolio(
            self.name.strip(),
            sleeves,  # type: ignore[arg-type]
            weighting=weighting,
            uninvested=float(_percent(self.uninvested) / 100),
            version=version,
            description=self.description.strip(),
        )

    @property
    def total(self) -> Decimal | None:
        """The percents together, with what is uninvested; None if one is no number."""
        try:
            given = [_percent(row.percent) for row in self.rows]
            return sum(given, _percent(self.uninvested))
        except InputError:
            return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a draft: faults by their place, and hints.

    Parameters
    ----------
    faults : tuple of str
        What keeps it from being a portfolio.
    rows : mapping of place to str
        What is wrong with a row.
    hints : tuple of str
        What a reader should know, though it can be saved.
    """

    faults: tuple[str, ...] = ()
    rows: Mapping[int, str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the draft is a portfolio that can be saved."""
        return not self.faults and not self.rows


def judge(
    draft: PortfolioDraft,
    known: Mapping[str, str],
    spans: Mapping[str, tuple[str, str]],
    language: str,
) -> Verdict:
    """Return what is wrong with a draft, in the reader's language.

    Parameters
    ----------
    draft : PortfolioDraft
    known : mapping of symbol to name
        Described instruments, and loaded ones that nobody described.
    spans : mapping of symbol to first and last date
        Of the loaded prices.
    """
    rows = {
        place: said
        for place, row in enumerate(draft.rows)
        if (said := _row_fault(draft, place, row, known, language))
    }
    faults = _name_faults(draft.name, language)
    if not draft.rows:
        faults.append(label("builder_needs_rows", language))
    total = draft.total
    if draft.method == FIXED and total is not None and not rows:
        rest = 100 - total
        if abs(rest) > TOLERANCE:
            key = "builder_sum_under" if rest > 0 else "builder_sum_over"
            shown = format(abs(rest).normalize(), "f")
            facts = {"total": format(total.normalize(), "f"), "rest": shown}
            faults.append(label(key, language, **facts))
    if not faults and not rows:
        try:
            draft.portfolio()
        except ForestoError as error:
            faults.append(str(error))
    return Verdict(tuple(faults), rows, tuple(_hints(draft, spans, language)))


def _name_faults(name: str, language: str) -> list[str]:
    if not name.strip():
        return [label("builder_needs_name", language)]
    try:
        parse_name(name)
    except InputError as error:
        return [str(error)]
    return []


def _row_fault(
    draft: PortfolioDraft,
    place: int,
    row: DraftRow,
    known: Mapping[str, str],
    language: str,
) -> str:
    symbol = row.symbol.strip()
    if not symbol:
        return label("builder_needs_symbol", language)
    before = [other.symbol.strip().casefold() for other in draft.rows[:place]]
    if symbol.casefold() in before:
        return label("builder_twice", language, symbol=symbol)
    if symbol not in known:
        from foresto_lab.errors import nearest_names

        near = nearest_names(symbol, known)
        key = "builder_unknown_near" if near else "builder_unknown"
        return label(key, language, symbol=symbol, near=", ".join(near))
    if draft.method != FIXED:
        return ""
    try:
        percent = _percent(row.percent)
    except InputError:
        return label("builder_no_percent", language, text=row.percent or "–")
    if percent < 0:
        return label("builder_negative", language)
    return ""


def _hints(
    draft: PortfolioDraft, spans: Mapping[str, tuple[str, str]], language: str
) -> list[str]:
    symbols = [row.symbol.strip() for row in draft.rows if row.symbol.strip()]
    missing = [symbol for symbol in symbols if symbol not in spans]
    if missing:
        shown = ", ".join(dict.fromkeys(missing))
        return [label("builder_no_prices", language, symbols=shown)]
    if not symbols:
        return []
    first = max(spans[symbol][0] for symbol in symbols)
    last = min(spans[symbol][1] for symbol in symbols)
    if first > last:
        return [label("builder_no_common_span", language)]
    late = [symbol for symbol in symbols if spans[symbol][0] == first]
    key = "builder_span" if len(late) == len(symbols) else "builder_common_span"
    facts = {"first": first, "last": last, "symbol": ", ".join(late)}
    return [label(key, language, **facts)]


def _sleeve(rows: Sequence[DraftRow], *, computed: bool) -> dict[str, Any]:
    """Return a sleeve of rows whose percents are of NAV."""
    symbols = [row.symbol.strip() for row in rows]
    if computed:
        return {"instruments": symbols}
    weights = [float(_percent(row.percent) / 100) for row in rows]
    total = math.fsum(weights)
    if total == 0.0:
        return {"weight": 0.0, "instruments": dict.fromkeys(symbols, 1 / len(symbols))}
    shares = {s: weight / total for s, weight in zip(symbols, weights, strict=True)}
    return {"weight": total, "instruments": shares}


def _percent(text: str) -> Decimal:
    """Return the number of percent that a text says."""
    try:
        number = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        raise InputError(message=f"{text!r} is no number of percent.") from None
    if not number.is_finite():
        raise InputError(message=f"{text!r} is no number of percent.")
    return number


def _whole(text: str) -> object:
    try:
        return int(text.strip())
    except ValueError:
        return text


def percent_of(fraction: float) -> str:
    """Return a fraction as percent, without the rounding of a product."""
    shown = format((Decimal(repr(round(fraction, 12))) * 100).normalize(), "f")
    return shown
