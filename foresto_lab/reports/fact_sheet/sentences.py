"""What a fact sheet says in plain words: sentences made from its numbers."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from foresto_lab.labels import (
    count,
    day,
    label,
    money,
    month_label,
    percent,
    rule_label,
)

if TYPE_CHECKING:
    from foresto_lab.reports.fact_sheet.sheet import FactSheet

_MONTH_DAYS = 30.4375


def date_words(value: Any, language: str) -> str:
    """Return a date as it is written in prose."""
    stamp: date = value
    if language == "ko":
        return f"{stamp.year}년 {stamp.month}월 {stamp.day}일"
    return f"{stamp.day} {month_label(stamp.month, 'en')} {stamp.year}"


def duration_words(days: int, language: str) -> str:
    """Return a length of time as people say it: 19 months are a year and 7 months."""
    if days < 60:
        return f"{days}일" if language == "ko" else f"{days} day{'s' * (days != 1)}"
    years, months = divmod(round(days / _MONTH_DAYS), 12)
    if language == "ko":
        parts = [f"{years}년" * bool(years), f"{months}개월" * bool(months)]
        return " ".join(part for part in parts if part)
    parts = [
        f"{years} year{'s' * (years != 1)}" * bool(years),
        f"{months} month{'s' * (months != 1)}" * bool(months),
    ]
    return " and ".join(part for part in parts if part)


class Words(str):
    """A text that takes the Korean particle which fits its end: ``{amount:을}``.

    The particle is named as it is after a consonant: 을, 은, 이, 으로.
    """

    __slots__ = ()

    def __format__(self, particle: str) -> str:
        """Return the text with the particle, or as it is without one."""
        return f"{self!s}{_particle(self[-1:], particle)}" if particle else str(self)


_OPEN: Final = {"을": "를", "은": "는", "이": "가", "으로": "로"}
"""After a vowel; ``으로`` so after ㄹ as well."""
_RIEUL: Final = 8


def _particle(last: str, particle: str) -> str:
    place = ord(last) - ord("가") if last else -1
    closing = place % 28 if 0 <= place < 11172 else 0
    opens = closing == 0 or (particle == "으로" and closing == _RIEUL)
    return _OPEN[particle] if opens else particle


_UNITS_KO: Final = {"USD": "달러", "EUR": "유로", "JPY": "엔", "GBP": "파운드"}


def amount_words(value: float, sheet: FactSheet) -> Words:
    """Return an amount without fractions of its unit."""
    whole = float(round(value))
    if sheet.language == "ko" and sheet.currency in _UNITS_KO:
        return Words(f"{count(whole)}{_UNITS_KO[sheet.currency]}")
    return Words(money(whole, sheet.language, sheet.currency).removesuffix(".00"))


def grown(sheet: FactSheet) -> str:
    """Say what the money became."""
    path, summary = sheet.result.path, sheet.result.summary
    words: dict[str, str] = {
        "start": date_words(path.index[0], sheet.language),
        "end": date_words(path.index[-1], sheet.language),
        "initial": amount_words(float(path["nav"].iloc[0]), sheet),
        "final": amount_words(float(path["nav"].iloc[-1]), sheet),
        "cagr": percent(summary["cagr"], 1),
    }
    if "total_contributions" in summary:
        return _with_flows(sheet, words)
    shrank = path["nav"].iloc[-1] < path["nav"].iloc[0]
    return label("say_shrank" if shrank else "say_grew", sheet.language, **words)


def _with_flows(sheet: FactSheet, words: dict[str, str]) -> str:
    summary = sheet.result.summary
    added = float(summary["total_contributions"])
    taken = float(summary["total_withdrawals"])
    words |= {
        "contributed": amount_words(added, sheet),
        "withdrawn": amount_words(taken, sheet),
        "earned": percent(summary["money_weighted_return"], 1),
    }
    if summary.get("ruin_date") is not None:
        ruined = date_words(pd.Timestamp(summary["ruin_date"]), sheet.language)
        return label("say_ruined", sheet.language, ruined=ruined, **words)
    kind = "say_flows" if added and taken else "say_added" if added else "say_taken"
    return label(kind, sheet.language, **words)


def beside(sheet: FactSheet) -> str:
    """Say what the benchmark did; nothing without one."""
    if sheet.relative is None or sheet.benchmark is None:
        return ""
    summary = sheet.relative.summary
    ahead = summary["active_return"] >= 0
    return label(
        "say_benchmark_ahead" if ahead else "say_benchmark_behind",
        sheet.language,
        name=sheet.benchmark.name(sheet.language),
        cagr=percent(summary["benchmark_cagr"], 1),
        own_fall=percent(-summary["max_drawdown"], 1),
        fall=percent(-summary["benchmark_max_drawdown"], 1),
    )


def rebalanced(sheet: FactSheet) -> str:
    """Say when the shares are brought back."""
    rule = getattr(sheet.result.rule, "label", None)
    if rule is None:
        return label("say_no_rule", sheet.language)
    return label("say_rule", sheet.language, rule=rule_label(rule, sheet.language))


def year_by_year(sheet: FactSheet) -> str:
    """Say how many years were good, and which were the best and the worst."""
    years = sheet.years["portfolio"]
    if len(years) < 2:
        return ""
    return label(
        "say_years",
        sheet.language,
        years=len(years),
        gains=int((years > 0).sum()),
        best_year=years.idxmax(),
        best=percent(years.max(), 1, signed=True),
        worst_year=years.idxmin(),
        worst=percent(years.min(), 1, signed=True),
    )


def worst(sheet: FactSheet) -> str:
    """Say how deep the deepest drawdown was, and how long it took."""
    if sheet.drawdowns.empty:
        return label("say_no_worst", sheet.language)
    row = sheet.drawdowns.iloc[0]
    amount = float(sheet.result.path["nav"].iloc[0])
    facts = {
        "peak": date_words(row["peak_date"], sheet.language),
        "trough": date_words(row["trough_date"], sheet.language),
        "depth": percent(-row["depth"], 1),
        "amount": amount_words(amount, sheet),
        "left": amount_words(amount * (1.0 + row["depth"]), sheet),
    }
    if row["days_to_recover"] is None:
        return label("say_worst_open", sheet.language, **facts)
    time = duration_words(int(row["days_to_recover"]), sheet.language)
    return label("say_worst", sheet.language, time=time, **facts)


def held_for_years(sheet: FactSheet) -> str:
    """Say how often holding for the longest measured time ended in a gain."""
    summary = sheet.rolling.summary.xs("return", level="measure")
    known = summary[summary["windows"] > 0]
    if known.empty:
        return label("say_rolling_short", sheet.language)
    years, share = known.index[-1], float(known["positive_share"].iloc[-1])
    if share == 1.0:
        return label("say_rolling_all", sheet.language, years=years)
    gains = min(round(share * 100), 99)
    return label("say_rolling", sheet.language, years=years, gains=gains)


def cost(sheet: FactSheet) -> str:
    """Say what it cost."""
    if not sheet.cost_total:
        return label("say_no_cost", sheet.language)
    return label(
        "say_cost",
        sheet.language,
        total=amount_words(sheet.cost_total, sheet),
        share=percent(sheet.cost_share, 2),
    )


def future(sheet: FactSheet) -> list[str]:
    """Say what may come; nothing where it was not looked at."""
    if sheet.forward is None:
        return []
    numbers = sheet.numbers
    years = f"{sheet.forward.years:g}"
    return [
        label(
            "say_future",
            sheet.language,
            years=years,
            paths=f"{sheet.forward.n_paths:,}",
            amount=amount_words(sheet.forward.initial_amount, sheet),
            middle=amount_words(_round_amount(numbers["forward_p50"]), sheet),
            low=amount_words(_round_amount(numbers["forward_p05"]), sheet),
        ),
        label(
            "say_future_loss",
            sheet.language,
            years=years,
            loss=percent(numbers["forward_loss"], 0),
            fall=percent(-numbers["forward_drawdown"], 0),
        ),
    ]


def notes(sheet: FactSheet) -> list[str]:
    """Return what a reader must be told."""
    path, language = sheet.result.path, sheet.language
    said = [label("note_simulated", language)] if sheet.result.simulated else []
    said += [label(f"note_{name}", language) for name in ("not_advice", "past")]
    said.append(label("note_backtest", language))
    said.append(
        label(
            "note_span",
            language,
            start=day(path.index[0]),
            end=day(path.index[-1]),
            sessions=f"{len(path):,}",
            currency=sheet.currency,
        )
    )
    if sheet.benchmark is not None and sheet.relative is not None:
        said.append(
            label("note_benchmark", language, name=sheet.benchmark.name(language))
        )
        for finding in sheet.relative.findings:
            if finding.code == "BENCHMARK_SHORTER":
                said.append(
                    label("note_benchmark_short", language, **dict(finding.details))
                )
    said.append(label("note_words", language))
    if sheet.forward is not None:
        said.append(label("note_future", language))
    return said


def _round_amount(value: float) -> float:
    """Round to three digits: a simulated future is not known to the won."""
    if not value:
        return 0.0
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    return round(value / size) * size
