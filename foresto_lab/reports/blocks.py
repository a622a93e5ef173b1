"""Blocks: what a template's cells show besides figures, as small pieces of HTML.

Texts are escaped here, so that a parameter's value is never markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from foresto_lab.figures.series import PathResult, any_simulated, currency_of
from foresto_lab.labels import day, label, measure_text, money, rule_label
from foresto_lab.reports.facts import (
    FACTS_KEY,
    fact_key,
    health_facts,
    key_numbers,
    preflight_facts,
    quality_facts,
    simulation_facts,
)

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.reports.preflight import StrategyPreflight
    from foresto_lab.reports.quality import QualityCheck
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.storage.health import HealthReport

TILES = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "max_drawdown",
    "final_nav",
)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a report: shown as HTML, with a plain text beside it."""

    html: str
    text: str
    facts: Mapping[str, Any] | None = field(default=None)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"text/html": self.html, "text/plain": self.text}
        return data, {} if self.facts is None else {FACTS_KEY: dict(self.facts)}

    def __repr__(self) -> str:
        """Return the plain text."""
        return self.text


def section(key: str, *, language: str = "ko") -> Block:
    """Return the heading of a part of the report."""
    words = label(key, language)
    return Block(f"<h2>{escape(words)}</h2>", words)


def cover(lab: Lab, result: SimulationResult, *, language: str = "ko") -> Block:
    """Return the head of a report on one simulation, with the facts it claims."""
    rule = rule_label(getattr(result.rule, "label", None), language)
    return _simulation_cover(lab, "scenario", [result], rule, language)


def comparison_cover(
    lab: Lab, results: Mapping[str, SimulationResult], *, language: str = "ko"
) -> Block:
    """Return the head of a report on several rules, with the facts it claims."""
    listed = list(results.values())
    rules = label("rules_compared", language, rules=len(listed))
    return _simulation_cover(lab, "rebalancing_comparison", listed, rules, language)


def _simulation_cover(
    lab: Lab, kind: str, results: Sequence[SimulationResult], rule: str, language: str
) -> Block:
    first = results[0]
    title = (
        f"{portfolio_name(lab, first, language)} {label(f'report_{kind}', language)}"
    )
    span = f"{day(first.path.index[0])} ~ {day(first.path.index[-1])}"
    amount = money(float(first.path["nav"].iloc[0]), language, currency_of(first))
    facts = {
        "title": title,
        "period": span,
        "runs": [simulation_facts(lab, result) for result in results],
    }
    simulated = any_simulated(results)
    return head(title, [span, rule, amount], facts, simulated, language)


def quality_cover(check: QualityCheck, *, language: str = "ko") -> Block:
    """Return the head of a report on data quality, with the facts it claims."""
    title = label("report_data_quality", language)
    rows = check.coverage
    span = f"{day(rows['first_date'].min())} ~ {day(rows['last_date'].max())}"
    facts = {"title": title, "period": span, "runs": [quality_facts(check)]}
    line = [span, f"{label('symbol_count', language)} {len(rows)}"]
    return head(title, line, facts, check.simulated, language)


def health_cover(report: HealthReport, *, language: str = "ko") -> Block:
    """Return the head of a report on a store, with the facts it claims."""
    title = label("report_store_health", language)
    date = label("as_of", language, date=day(report.checked_at))
    facts = {"title": title, "period": date, "runs": [health_facts(report)]}
    line = [date, report.data_version]
    return head(title, line, facts, report.simulated, language)


def preflight_cover(check: StrategyPreflight, *, language: str = "ko") -> Block:
    """Return the head of a report on a strategy before it runs, with its facts."""
    title = f"{label('report_preflight', language)}: {check.report.subject}"
    facts = {"title": title, "period": check.period, "runs": [preflight_facts(check)]}
    request = check.request
    line = [
        ", ".join(request["symbols"]),
        str(request.get("timeframe", "")),
        check.period,
    ]
    return head(title, filter(None, line), facts, check.simulated, language)


def head(
    title: str,
    line: Iterable[str],
    facts: Mapping[str, Any],
    simulated: bool,
    language: str,
) -> Block:
    """Return the head of a report: its title, a line on it, and the facts it claims."""
    parts = "".join(f"<span>{escape(part)}</span>" for part in line)
    html = f'<header class="cover"><h1>{escape(title)}</h1><p class="line">{parts}</p>'
    if simulated:
        note = escape(label("simulated_note", language))
        html += f'<p class="simulated" role="note">{note}</p>'
    return Block(html + "</header>", title, facts)


def portfolio_name(lab: Lab, result: SimulationResult, language: str = "ko") -> str:
    """Return the scenario's name in this language, or that it is a custom one."""
    if result.run_id is not None:
        scenario = lab.run_record(result.run_id).snapshots.get("scenario")
        if scenario:
            return str(scenario[f"name_{language}"])
    return label("custom_portfolio", language)


def key_figures(result: PathResult, *, language: str = "ko") -> Block:
    """Return the main numbers of a result as tiles."""
    numbers = key_numbers(result)
    return tiles(
        {name: numbers[name] for name in TILES},
        request_hash=str(getattr(result, "request_hash", "")),
        currency=currency_of(result),
        language=language,
    )


def quality_figures(check: QualityCheck, *, language: str = "ko") -> Block:
    """Return the counts of a data-quality check as tiles."""
    return tiles(
        check.numbers,
        request_hash=quality_facts(check)["request_hash"],
        currency="",
        language=language,
    )


def health_figures(report: HealthReport, *, language: str = "ko") -> Block:
    """Return the counts of a store's prices as tiles."""
    return tiles(
        report.numbers,
        request_hash=health_facts(report)["request_hash"],
        currency="",
        language=language,
    )


def preflight_figures(check: StrategyPreflight, *, language: str = "ko") -> Block:
    """Return the counts of a preflight as tiles."""
    return tiles(
        check.numbers,
        request_hash=preflight_facts(check)["request_hash"],
        currency="",
        language=language,
    )


def preflight_verdict(check: StrategyPreflight, *, language: str = "ko") -> Block:
    """Return whether the strategy can run; if it would not trade, why."""
    from foresto_lab.preflight.strategy import view

    report = check.report
    verdict = view.verdict_html(
        passed=report.passed, trades=report.predicted_trades, language=language
    )
    text = label("preflight_ready" if report.passed else "preflight_stopped", language)
    if report.explanation is None:
        return Block(f"<p>{verdict}</p>", text)
    told = view.explanation_html(report.explanation, language)
    words = f"{text}\n{report.explanation.text(language)}"
    return Block(f"<p>{verdict}</p>{told}", words)


def preflight_conditions(check: StrategyPreflight, *, language: str = "ko") -> Block:
    """Return the entry conditions with how often each held; nothing where unknown.

    An explanation of no trades shows them itself.
    """
    from foresto_lab.preflight.strategy import view

    report = check.report
    if report.explanation is not None or not report.conditions:
        return Block("", "")
    heading = f"<h2>{escape(label('preflight_conditions', language))}</h2>"
    table = view.conditions_html(report.conditions, language)
    text = "\n".join(condition.text for condition in report.conditions)
    return Block(heading + table, text)


def tiles(
    numbers: Mapping[str, Any], *, request_hash: str, currency: str, language: str
) -> Block:
    """Return numbers as tiles, each with the key of its fact."""
    shown, lines = [], []
    for name, value in numbers.items():
        words = label(name, language)
        text = measure_text(name, value, language, currency)
        key = escape(fact_key(request_hash, name))
        shown.append(
            f'<div class="tile"><dt>{escape(words)}</dt>'
            f'<dd data-fact="{key}">{escape(text)}</dd></div>'
        )
        lines.append(f"{words}: {text}")
    return Block(f'<dl class="tiles">{"".join(shown)}</dl>', "\n".join(lines))
