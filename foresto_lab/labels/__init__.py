"""Every word and number a reader sees, in Korean and English, in one place.

Figures, reports, widgets and commands take their labels from here, so the same thing
has the same name everywhere, and a new language is one more column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias

from foresto_lab.errors import UnknownNameError
from foresto_lab.labels import (
    backtests,
    benchmarks,
    costs,
    data,
    fact_sheet,
    flows,
    forward,
    optimization,
    optimization_verdict,
    optimizer,
    pages,
    portfolio_builder,
    portfolios,
    preflight,
    search,
    study,
    validation,
    widgets,
)
from foresto_lab.labels.measure import Measure

Language: TypeAlias = Literal["ko", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
MISSING: Final = "–"

_TOPICS: Final = (
    portfolios,
    benchmarks,
    costs,
    flows,
    forward,
    backtests,
    data,
    fact_sheet,
    preflight,
    study,
    optimization,
    optimization_verdict,
    search,
    validation,
    widgets,
    optimizer,
    portfolio_builder,
    pages,
)
"""A module for each topic, with its ``WORDS`` and, where it has some, ``MEASURES``."""

MEASURES: Final[dict[str, Measure]] = {
    name: measure
    for topic in _TOPICS
    for name, measure in getattr(topic, "MEASURES", {}).items()
}
_WORDS: Final[dict[str, tuple[str, str]]] = {
    key: pair for topic in _TOPICS for key, pair in topic.WORDS.items()
}

_MONTHS_EN = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_SYMBOLS: Final = {"KRW": "₩", "USD": "$", "EUR": "€", "JPY": "¥", "GBP": "£"}
_WHOLE_CURRENCIES: Final = frozenset({"KRW", "JPY"})


# --- words ------------------------------------------------------------------------


def require_language(language: str) -> Language:
    """Return the language, or raise UnknownNameError when there is no such one."""
    if language not in LANGUAGES:
        raise UnknownNameError(kind="language", given=language, allowed=LANGUAGES)
    return language


def label(key: str, language: str = "ko", **facts: Any) -> str:
    """Return the word for ``key``; a summary's measures have labels too.

    Raises
    ------
    UnknownNameError
        There is no such label, or no such language.
    """
    column = LANGUAGES.index(require_language(language))
    if key in _WORDS:
        return _WORDS[key][column].format(**facts)
    if key in MEASURES:
        return MEASURES[key][column]
    raise UnknownNameError(kind="label", given=key, allowed=(*_WORDS, *MEASURES))


def label_characters() -> frozenset[str]:
    """Return every character that labels are written with."""
    words = [word for pair in _WORDS.values() for word in pair]
    words += [measure.ko for measure in MEASURES.values()]
    words += [rule_label("DRIFT>=5% of target, to band edge | ANNUAL")]
    words += [
        days(1),
        month_label(1),
        *(money_unit(10.0**size)[1] for size in (0, 6, 9, 13)),
    ]
    return frozenset("".join(words))


def asset_label(asset: str, language: str = "ko") -> str:
    """Return the word for an asset class; any other name stands for itself."""
    return label(asset, language) if asset in _WORDS else asset


def crisis_label(name: str, language: str = "ko") -> str:
    """Return the word for a built-in crisis; a user's own name stands for itself."""
    key = f"crisis_{name}"
    return label(key, language) if key in _WORDS else name


def month_label(month: int, language: str = "ko") -> str:
    """Return the name of a month, 1 to 12, short."""
    return f"{month}월" if language == "ko" else _MONTHS_EN[month - 1]


def rule_label(text: str | None, language: str = "ko") -> str:
    """Return a rule's label or an event's trigger in words.

    ``"MONTHLY/FIRST_TRADING_DAY"`` becomes "매월 첫 거래일", ``"DRIFT>=5.00%"`` "괴리
    5.00% 이상"; None is buy and hold. What is no known word stays as it is.
    """
    if not text:
        return label("buy_and_hold", language)
    text = _DRIFT.sub(lambda found: _drift_words(found, language), text)
    text = _OFFSET.sub(r" \1\2거래일" if language == "ko" else r" \1\2 sessions", text)
    for mark, (korean, english) in _JOINTS.items():
        text = text.replace(mark, korean if language == "ko" else english)
    words = re.sub(
        r"[A-Z]{3,}(?:_[A-Z]+)*",
        lambda found: asset_label(found[0], language),
        text,
    )
    return words[:1].upper() + words[1:]


_JOINTS: Final = {"/": (" ", ", "), " & ": (" + ", " and "), " | ": (" 또는 ", " or ")}
_OFFSET: Final = re.compile(r"(?<=DAY)([+-])(\d+)")
_DRIFT: Final = re.compile(r"DRIFT>=(\S+?%)( of target)?(, to band edge)?")


def _drift_words(found: re.Match[str], language: str) -> str:
    size, relative, to_edge = found.groups()
    if language == "ko":
        measure = "목표 대비 괴리" if relative else "괴리"
        return f"{measure} {size} 이상" + (", 허용 범위까지만 조정" if to_edge else "")
    of_target = " of target" if relative else ""
    return f"drift ≥ {size}{of_target}" + (", to the band's edge" if to_edge else "")


# --- numbers ----------------------------------------------------------------------


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def percent(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a fraction as percent: 0.0534 is ``5.34%``."""
    if _is_missing(value):
        return MISSING
    text = f"{value:{'+' if signed else ''},.{digits}%}"
    return text.lstrip("-+") if float(text[:-1].replace(",", "")) == 0 else text


def ratio(value: float | None, digits: int = 2) -> str:
    """Return a pure number: 0.81234 is ``0.81``."""
    if _is_missing(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text


def count(value: float | None) -> str:
    """Return a whole number with separators: 1234 is ``1,234``."""
    return MISSING if _is_missing(value) else f"{value:,.0f}"


def days(value: float | None, language: str = "ko") -> str:
    """Return a number of days with its unit."""
    if _is_missing(value):
        return MISSING
    return f"{value:,.0f}일" if language == "ko" else f"{value:,.0f} days"


def money(value: float | None, language: str = "ko", currency: str = "KRW") -> str:
    """Return an amount with its currency: ``1,234,567원``, ``₩1,234,567``."""
    if _is_missing(value):
        return MISSING
    digits = 0 if currency in _WHOLE_CURRENCIES else 2
    amount = ratio(value, digits)
    if currency == "KRW" and language == "ko":
        return f"{amount}원"
    if currency not in _SYMBOLS:
        return f"{amount} {currency}".rstrip()
    sign, bare = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    return f"{sign}{_SYMBOLS[currency]}{bare}"


def money_unit(
    largest: float, language: str = "ko", currency: str = "KRW"
) -> tuple[float, str]:
    """Return the divisor and the name of a unit in which amounts stay short.

    Koreans count by ten thousands: 1,500,000 won is 150만원, in English KRW 1.5m.
    """
    if language == "ko":
        name = "원" if currency == "KRW" else f" {currency}"
        steps = ((1e12, "조"), (1e8, "억"), (1e5, "만"))
        scale = {"조": 1e12, "억": 1e8, "만": 1e4}
        word = next((w for bound, w in steps if abs(largest) >= bound), "")
        return scale.get(word, 1.0), f"{word}{name}".strip()
    steps_en = ((1e9, "bn"), (1e6, "m"), (1e4, "k"))
    scale_en = {"bn": 1e9, "m": 1e6, "k": 1e3}
    word = next((w for bound, w in steps_en if abs(largest) >= bound), "")
    return scale_en.get(word, 1.0), f"{currency} {word}".strip()


def day(value: date | datetime | str | None) -> str:
    """Return a date as ``2024-12-31`` in every language."""
    if value is None or value != value:  # NaT
        return MISSING
    return value[:10] if isinstance(value, str) else f"{value:%Y-%m-%d}"


def measure_text(
    name: str, value: Any, language: str = "ko", currency: str = "KRW"
) -> str:
    """Return a summary's number as its measure is written, with its unit."""
    if isinstance(value, bool):
        return label("yes" if value else "no", language)
    match MEASURES[name].style if name in MEASURES else "text":
        case "percent":
            return percent(value)
        case "ratio":
            return ratio(value)
        case "money":
            return money(value, language, currency)
        case "days":
            return days(value, language)
        case "count":
            return count(value)
        case _:
            return MISSING if _is_missing(value) else str(value)


def best_of(name: str, values: Iterable[float | None]) -> set[int]:
    """Return the positions of the best values of a measure; ties are all best.

    A measure without a better direction, or with equal values all along, has none.
    """
    numbers = [None if _is_missing(value) else value for value in values]
    known = [value for value in numbers if value is not None]
    direction = MEASURES[name].better if name in MEASURES else "neither"
    if direction == "neither" or len(set(known)) < 2:
        return set()
    best = max(known) if direction == "higher" else min(known)
    return {place for place, value in enumerate(numbers) if value == best}
