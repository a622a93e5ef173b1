"""What a study says in words, and the small tables that notebooks show of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.labels import (
    count,
    label,
    measure_text,
    money,
    percent,
    ratio,
    rule_label,
)
from foresto_lab.scenarios.study_rules import STUDY_RULES, TIMING_RULES

if TYPE_CHECKING:
    from foresto_lab.scenarios.counterfactuals import RebalancingStudy
    from foresto_lab.scenarios.timing_luck import TimingLuck

_NAMED: Final = frozenset((*STUDY_RULES, *TIMING_RULES))
SUMMARY: Final = (
    "final_nav",
    "cagr",
    "volatility",
    "max_drawdown",
    "difference",
    "return_effect",
    "carried_effect",
    "cost_effect",
    "rebalancing_count",
)
"""The columns of a study's summary that its table shows."""


def rule_words(name: str, language: str = "ko") -> str:
    """Return what a rule of a study is called, by the name that it has there."""
    if name in _NAMED:
        return label(f"study_{name}", language)
    return rule_label(name, language) if "/" in name or ">=" in name else name


def study_sentences(
    study: RebalancingStudy,
    luck: TimingLuck | None = None,
    *,
    language: str = "ko",
) -> list[str]:
    """Return what rebalancing did, what it cost, and how much of it was luck.

    Parameters
    ----------
    luck : TimingLuck, optional
        Of the same portfolio; left out, nothing is said of the base day.
    """
    rows, currency = study.summary, study.currency
    none: Any = rows.loc[study.baseline]
    others = rows.loc[list(study.compared)]
    days = (study.paths.index[-1] - study.paths.index[0]).days
    facts = {"years": ratio(days / 365.25, 1), "rules": len(others)}
    alone = "_only" if len(others) == 1 else ""
    said = [
        label(f"study_say_span{alone}", language, **facts),
        label(
            "study_say_none",
            language,
            amount=money(study.initial_amount, language, currency),
            final=money(none["final_nav"], language, currency),
            cagr=percent(none["cagr"], signed=True),
        ),
        *_outcomes(others, language, currency),
        _risk(none, others, language),
        _cost(others, language, currency),
    ]
    return said + (luck_sentences(luck, study, language=language) if luck else [])


def _outcomes(others: Any, language: str, currency: str) -> list[str]:
    """Return the sentences on the best and the worst rule, or on the only one."""
    ordered = others.sort_values("difference", ascending=False, kind="stable")
    if len(ordered) == 1:
        return [_outcome("study_say_only", ordered.iloc[0], language, currency)]
    said = [
        _outcome("study_say_best", ordered.iloc[0], language, currency),
        _outcome("study_say_worst", ordered.iloc[-1], language, currency),
    ]
    gaps = ordered["difference"]
    if gaps.iloc[0] <= 0:
        return [label("study_say_none_best", language), *said]
    if gaps.iloc[-1] > 0:
        return [label("study_say_all_better", language), *said]
    return said


def _outcome(key: str, row: Any, language: str, currency: str) -> str:
    gap = float(row["difference"])
    sign = "+" if gap > 0 else ""
    return label(
        key,
        language,
        rule=rule_words(str(row.name), language),
        cagr=percent(row["cagr_difference"], signed=True),
        money=sign + money(gap, language, currency),
    )


def _risk(none: Any, others: Any, language: str) -> str:
    alone = "_only" if len(others) == 1 else ""
    return label(
        f"study_say_risk{alone}",
        language,
        none=percent(none["volatility"]),
        low=percent(others["volatility"].min()),
        high=percent(others["volatility"].max()),
        none_drawdown=percent(none["max_drawdown"]),
        worst_drawdown=percent(others["max_drawdown"].min()),
        best_drawdown=percent(others["max_drawdown"].max()),
    )


def _cost(others: Any, language: str, currency: str) -> str:
    costs = others["total_cost"].astype(float)
    key = "study_say_cost" if len(others) > 1 else "study_say_cost_only"
    return label(
        key,
        language,
        low=money(costs.min(), language, currency),
        high=money(costs.max(), language, currency),
        rule=rule_words(str(costs.idxmax()), language),
    )


def luck_sentences(
    luck: TimingLuck,
    study: RebalancingStudy | None = None,
    *,
    language: str = "ko",
) -> list[str]:
    """Return how far each rule's base days lie apart, and what that says of rules."""
    rows = luck.summary.xs("cagr", level="measure")
    widest: Any = rows.iloc[int(rows["spread"].argmax())]
    said = [
        label(
            "study_say_luck",
            language,
            rule=rule_words(str(widest.name), language),
            low=percent(widest["minimum"]),
            high=percent(widest["maximum"]),
            spread=percent(widest["spread"]),
            days=count(widest["base_days"]),
            rank=count(widest["rank"]),
        )
    ]
    if study is None or len(study.compared) < 2:
        return said
    cagr = study.summary.loc[list(study.compared), "cagr"]
    between, within = float(cagr.max() - cagr.min()), float(widest["spread"])
    key = "study_say_all_luck" if between <= within else "study_say_more_than_luck"
    facts = {"between": percent(between), "within": percent(within)}
    return [*said, label(key, language, **facts)]


# --- in a notebook ----------------------------------------------------------------


def study_html(study: RebalancingStudy, language: str) -> str:
    """Return a study's heading and its rules, a row each, as HTML."""
    rows = [
        [rule_words(str(name), language)]
        + [measure_text(key, row[key], language, study.currency) for key in SUMMARY]
        for name, row in study.summary.iterrows()
    ]
    head = [label("rule", language), *(label(key, language) for key in SUMMARY)]
    span = f"{study.paths.index[0]:%Y-%m-%d} ~ {study.paths.index[-1]:%Y-%m-%d}"
    parts = [study.name, label("report_rebalancing_study", language), span]
    title = " · ".join(filter(None, parts))
    return _html(title, head, rows, study, language)


def luck_html(luck: TimingLuck, language: str) -> str:
    """Return each rule's spread over base days as HTML."""
    keys = ("minimum", "median", "maximum", "spread", "standard_deviation", "chosen")
    rows = [
        [rule_words(str(name), language), count(row["base_days"])]
        + [percent(row[key]) for key in keys]
        + [_rank(row, language)]
        for name, row in luck.summary.xs("cagr", level="measure").iterrows()
    ]
    words = ("base_day_count", "worst", "median", "best", "spread", "deviation")
    head = [
        label("rule", language),
        *(label(f"study_{word}", language) for word in (*words, "chosen", "rank")),
    ]
    parts = [luck.name, label("study_luck", language), label("cagr", language)]
    title = " · ".join(filter(None, [*parts, f"{luck.start} ~ {luck.end}"]))
    return _html(title, head, rows, luck, language)


def _rank(row: Any, language: str) -> str:
    rank, days = count(row["rank"]), count(row["base_days"])
    return label("study_of_days", language, rank=rank, days=days)


def _html(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    study: Any,
    language: str,
) -> str:
    cell = "padding:2px 12px;border:none;white-space:nowrap;text-align:{}"
    sides = ["left", *["right"] * (len(head) - 1)]

    def line(tag: str, texts: Sequence[str]) -> str:
        cells = "".join(
            f"<{tag} style='{cell.format(side)}'>{escape(text)}</{tag}>"
            for side, text in zip(sides, texts, strict=True)
        )
        return f"<tr style='background:none'>{cells}</tr>"

    mark = f" · <b>{label('simulated', language)}</b>" if study.simulated else ""
    notes = "".join(
        f"<div>⚠ {escape(f'{finding.message} {finding.fix}')}</div>"
        for finding in study.findings
    )
    body = "".join(line("td", row) for row in rows)
    return (
        f"<div><div><b>{escape(title)}</b>{mark}</div><table style='border-collapse:"
        f"collapse;font-variant-numeric:tabular-nums'>{line('th', head)}{body}</table>"
        f"{notes}</div>"
    )
