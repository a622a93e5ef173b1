"""What a report on a study of rebalancing shows besides figures, and what it claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from foresto_lab.findings import Finding
from foresto_lab.labels import (
    best_of,
    count,
    day,
    label,
    measure_text,
    money,
    percent,
)
from foresto_lab.reports.blocks import Block, head
from foresto_lab.reports.facts import fact_key, spark
from foresto_lab.reports.tables import Cell, findings, table
from foresto_lab.scenarios.study_words import rule_words, study_sentences

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.scenarios.counterfactuals import RebalancingStudy
    from foresto_lab.scenarios.timing_luck import TimingLuck

COMPARED: Final = (
    "final_nav",
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "max_drawdown",
    "worst_year",
    "annual_turnover",
    "total_cost",
    "rebalancing_count",
    "difference",
    "cagr_difference",
)
PARTS: Final = ("return_effect", "carried_effect", "cost_effect", "flow_effect")
LUCK: Final = {
    "luck_worst": "minimum",
    "luck_best": "maximum",
    "luck_spread": "spread",
    "luck_deviation": "standard_deviation",
    "luck_tranched": "tranched",
    "cagr": "chosen",
    "luck_rank": "rank",
    "luck_days": "base_days",
}
_SHOWN_EVENTS: Final = 14
_MOST_EVENTS: Final = 60


@dataclass(frozen=True, slots=True, eq=False)
class StudyRuns:
    """A study of rules and, where one of them has a base day, of its luck."""

    study: RebalancingStudy
    luck: TimingLuck | None

    @property
    def simulated(self) -> bool:
        """Whether the prices were made up."""
        return self.study.simulated

    @property
    def detailed(self) -> str:
        """The rule whose trades are shown one by one: as many as can be looked at."""
        counts = {
            name: len(self.study.events(name, unit="money"))
            for name in self.study.compared
        }
        few = {name: n for name, n in counts.items() if 0 < n <= _MOST_EVENTS}
        wanted = few or counts
        return max(wanted, key=lambda name: wanted[name])


def run_studies(
    lab: Lab,
    portfolio: Any,
    rules: Any = None,
    *,
    base_days: int | str = "all",
    **options: Any,
) -> StudyRuns:
    """Study a portfolio's rules, and the base days of those that have one.

    Parameters
    ----------
    portfolio, rules, **options
        As :meth:`foresto_lab.lab.Lab.rebalancing_study` takes them.
    base_days : int or "all"
        As :meth:`foresto_lab.lab.Lab.timing_luck` takes them.
    """
    from foresto_lab.scenarios.timing_luck import has_base_day

    study = lab.rebalancing_study(portfolio, rules, **options)
    dated = {name: rule for name, rule in study.rules.items() if has_base_day(rule)}
    if not dated:
        return StudyRuns(study, None)
    luck = lab.timing_luck(portfolio, dated, base_days=base_days, **options)  # type: ignore[arg-type]
    return StudyRuns(study, luck)


# --- facts ---------------------------------------------------------------------------


def study_numbers(study: RebalancingStudy) -> dict[str, Any]:
    """Return the numbers that a page claims of a study, ``measure@rule``."""
    measures = [name for name in (*COMPARED, *PARTS) if name in study.summary.columns]
    return {
        f"{measure}@{rule}": _number(study.summary.loc[rule, measure])
        for rule in study.rules
        for measure in measures
    }


def luck_numbers(luck: TimingLuck) -> dict[str, Any]:
    """Return the numbers that a page claims of base days, ``measure@rule``."""
    return {
        f"{name}@{rule}": _number(luck.summary.loc[(rule, "cagr"), column])
        for rule in luck.rules
        for name, column in LUCK.items()
    }


def numbers_of(study: RebalancingStudy | TimingLuck) -> dict[str, Any]:
    """Return the numbers that a page claims of a study of either kind."""
    from foresto_lab.scenarios.counterfactuals import RebalancingStudy

    if isinstance(study, RebalancingStudy):
        return study_numbers(study)
    return luck_numbers(study)


def rerun_study(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that a recorded study gives on its data version now."""
    from foresto_lab.runs.study import rerun

    return numbers_of(
        rerun(
            run["request"],
            run["data_version"],
            series=lab.storage.series,
            simulated=bool(run["simulated"]),
            currency=str(run["currency"]),
        )
    )


def _facts(lab: Lab, study: RebalancingStudy | TimingLuck) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": "study",
        "run_id": study.run_id,
        "request_hash": study.request_hash,
        "simulated": bool(study.simulated),
        "currency": study.currency,
        "numbers": numbers_of(study),
        "request": None,
        "data_version": None,
    }
    if study.run_id is not None:
        record = lab.run_record(study.run_id)
        facts |= {
            "request": dict(record.request),
            "data_version": record.data_version,
            "engine_version": record.engine_version,
            "git_commit": record.git_commit,
            "created_at": f"{record.created_at:%Y-%m-%dT%H:%M:%SZ}",
        }
    return facts


def _number(value: Any) -> float | int | None:
    plain = value.item() if hasattr(value, "item") else value
    return None if plain is None or plain != plain else plain


# --- blocks --------------------------------------------------------------------------


def cover(lab: Lab, runs: StudyRuns, *, language: str = "ko") -> Block:
    """Return the head of the report, with the facts that it claims."""
    study = runs.study
    title = f"{_portfolio_name(lab, study, language)} " + label(
        "report_rebalancing_study", language
    )
    span = f"{day(study.paths.index[0])} ~ {day(study.paths.index[-1])}"
    leading = study.compared[0]
    listed = [_facts(lab, study)]
    listed[0]["spark"] = spark(study.paths[leading].tolist())
    if runs.luck is not None:
        listed.append(_facts(lab, runs.luck))
    amount = money(study.initial_amount, language, study.currency)
    rules = label("rules_compared", language, rules=len(study.compared))
    facts = {"title": title, "period": span, "runs": listed}
    return head(title, [span, rules, amount], facts, study.simulated, language)


def _portfolio_name(lab: Lab, study: RebalancingStudy, language: str) -> str:
    if study.run_id is not None:
        scenario = lab.run_record(study.run_id).snapshots.get("scenario")
        if scenario:
            return str(scenario[f"name_{language}"])
    return study.name or label("custom_portfolio", language)


def headline(runs: StudyRuns, *, language: str = "ko") -> Block:
    """Return what rebalancing did here, what it cost, and how much was luck."""
    said = study_sentences(runs.study, runs.luck, language=language)
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    title = escape(label("study_headline", language))
    html = f'<section class="headline"><h2>{title}</h2><ul>{items}</ul></section>'
    return Block(html, "\n".join(said))


def comparison(runs: StudyRuns, *, language: str = "ko") -> Block:
    """Return the rules side by side, one a column, the best of each measure marked."""
    study = runs.study
    rows = []
    for measure in COMPARED:
        if measure not in study.summary.columns:
            continue
        values = [_number(study.summary.loc[rule, measure]) for rule in study.rules]
        best = best_of(measure, values)
        cells = [
            Cell(
                measure_text(measure, value, language, study.currency),
                number=True,
                fact=fact_key(study.request_hash, f"{measure}@{rule}"),
                best=place in best,
            )
            for place, (rule, value) in enumerate(zip(study.rules, values, strict=True))
        ]
        rows.append([Cell(label(measure, language)), *cells])
    names = [rule_words(rule, language) for rule in study.rules]
    note = label("best_note", language)
    return table(
        [label("measure", language), *names], rows, note=note, kind="comparison"
    )


def attribution(runs: StudyRuns, *, language: str = "ko") -> Block:
    """Return what each rule's difference is made of, one rule a row; it adds up."""
    study = runs.study
    shown = [part for part in PARTS if part != "flow_effect" or study.with_flows]
    rows = [
        [
            Cell(rule_words(rule, language)),
            *(
                Cell(
                    _signed(study.summary.loc[rule, part], study, language),
                    number=True,
                )
                for part in (*shown, "difference")
            ),
        ]
        for rule in study.compared
    ]
    heads = [label(f"study_{part}", language) for part in shown]
    heads = [label("rule", language), *heads, label("study_total", language)]
    note = label("study_parts_note", language)
    return table(heads, rows, note=note)


def events(runs: StudyRuns, rule: str, *, language: str = "ko") -> Block:
    """Return the trades of a rule that did most, by date, with what each did."""
    study = runs.study
    listed = study.events(rule)
    if listed.empty:
        words = label("study_no_trades", language)
        return Block(f'<p class="note">{escape(words)}</p>', words)
    order = listed["difference"].abs().sort_values(ascending=False, kind="stable")
    shown = listed.loc[sorted(order.index[:_SHOWN_EVENTS])]
    rows = [
        [
            Cell(day(pd.Timestamp(event["event_date"])), kind="day"),
            Cell(percent(event["drift_removed"]), number=True),
            Cell(percent(event["turnover"]), number=True),
            *(
                Cell(_signed(event[part], study, language), number=True)
                for part in ("cost_effect", "return_effect", "carried_effect")
            ),
            Cell(_signed(event["difference"], study, language), number=True),
        ]
        for event in shown.to_dict("records")
    ]
    keys = (
        "date",
        "study_drift_removed",
        "turnover",
        "study_cost_effect",
        "study_return_effect",
        "study_carried_effect",
        "study_total",
    )
    note = label("study_shown_events", language, shown=len(shown), total=len(listed))
    caption = label("study_events", language, rule=rule_words(rule, language))
    heads = [label(key, language) for key in keys]
    return table(heads, rows, caption=caption, note=note)


def luck_figure(runs: StudyRuns, measure: str, *, language: str = "ko") -> Any:
    """Return the distribution over base days; nothing where no rule has one."""
    from foresto_lab.figures.study import timing_luck

    if runs.luck is None:
        words = label("study_no_base_day", language)
        return Block(f'<p class="note">{escape(words)}</p>', words)
    return timing_luck(runs.luck, measure=measure, language=language)


def luck_table(runs: StudyRuns, *, language: str = "ko") -> Block:
    """Return how far each rule's base days lie apart in CAGR, one rule a row."""
    luck = runs.luck
    if luck is None:
        return Block("", "")
    rows = [
        [
            Cell(rule_words(rule, language)),
            *(_luck_cell(luck, rule, name, language) for name in LUCK),
        ]
        for rule in luck.rules
    ]
    heads = [label("rule", language), *(label(_LUCK_HEADS[n], language) for n in LUCK)]
    return table(heads, rows, note=label("study_luck_note", language))


_LUCK_HEADS: Final = {
    "luck_worst": "study_worst",
    "luck_best": "study_best",
    "luck_spread": "study_spread",
    "luck_deviation": "study_deviation",
    "luck_tranched": "study_tranched",
    "cagr": "study_chosen",
    "luck_rank": "study_rank",
    "luck_days": "study_base_day_count",
}


def _luck_cell(luck: TimingLuck, rule: str, name: str, language: str) -> Cell:
    value = _number(luck.summary.loc[(rule, "cagr"), LUCK[name]])
    is_count = name in ("luck_rank", "luck_days")
    text = count(value) if is_count else measure_text(name, value, language)
    key = fact_key(luck.request_hash, f"{name}@{rule}")
    return Cell(text, number=True, fact=key)


def findings_of(runs: StudyRuns, *, language: str = "ko") -> Block:
    """Return what a reader should know of both studies, each thing once."""
    found: Sequence[Finding] = (
        *runs.study.findings,
        *(runs.luck.findings if runs.luck else ()),
    )
    once = {(f.code, f.where, f.message): f for f in found}
    return findings(list(once.values()), language=language)


def _signed(value: Any, study: RebalancingStudy, language: str) -> str:
    text = money(float(value), language, study.currency)
    return f"+{text}" if float(value) > 0 else text
