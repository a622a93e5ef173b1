"""The explorer's page as plain values: its state after a change, and its wording."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import AmountError
from foresto_lab.labels import asset_label, label, rule_label
from foresto_lab.rebalancing.costs import COST_PRESETS
from foresto_lab.types import BaseDay, Frequency, HybridMode
from foresto_lab.widgets.chart import explorer_chart
from foresto_lab.widgets.comparison import MOST_SETTINGS, RuleKind
from foresto_lab.widgets.tables import event_table, summary_table

if TYPE_CHECKING:
    from foresto_lab.widgets.explorer import Outcome, ScenarioExplorer

PERCENT_FIELDS: Final = ("threshold", "cost_rate")
OWN_RULE: Final = ""
_WORDS: Final = {
    "title": "explorer_title",
    "scenario": "scenario",
    "rule": "rebalancing",
    "stored": "stored_rule",
    "kind": "rule_kind",
    "mode": "hybrid_mode",
    "frequency": "frequency",
    "base_day": "base_day",
    "threshold": "threshold",
    "relative": "relative_band",
    "to": "rebalance_to",
    "cost_rate": "cost_rate",
    "costs": "costs_preset",
    "cash_flow": "cash_flow_text",
    "cash_flow_hint": "cash_flow_hint",
    "period": "period",
    "start": "start",
    "end": "end",
    "initial_amount": "initial_amount",
    "years": "years_short",
    "all": "all_years",
    "settings": "compared_settings",
    "compare": "compare",
    "compare_hint": "compare_hint",
    "compare_full": "compare_full",
    "remove": "remove",
    "undo": "undo",
    "redo": "redo",
    "other_language": "other_language",
    "save_run": "save_run",
    "make_report": "make_report",
    "copy_code": "copy_code",
    "copied": "copied",
    "simulated": "simulated",
    "simulated_hint": "simulated_note_chart",
    "chart": "explorer_chart",
    "summary": "summary",
    "history": "history_tab",
    "forward": "forward_tab",
    "parts": "explorer_parts",
}


# --- what the page says -----------------------------------------------------------


def wording(explorer: ScenarioExplorer) -> dict[str, Any]:
    """Return the labels and choices of every control, in the explorer's language."""
    language = explorer.language
    labels = {name: label(key, language) for name, key in _WORDS.items()}
    return {
        "labels": {**labels, "language": language},
        "options": {
            "scenario": _scenario_options(explorer),
            "stored": _stored_options(explorer),
            "kind": _options(RuleKind, language, NONE="buy_and_hold"),
            "mode": _options(HybridMode, language),
            "frequency": _options(Frequency, language),
            "costs": _cost_options(language),
            "base_day": _options(BaseDay, language),
            "to": [
                ["target", label("to_target", language)],
                ["band_edge", label("to_band_edge", language)],
            ],
        },
    }


def _options(names: Any, language: str, **renamed: str) -> list[list[str]]:
    return [[str(n), asset_label(renamed.get(n, str(n)), language)] for n in names]


def _scenario_options(explorer: ScenarioExplorer) -> list[list[str]]:
    titles = explorer.lab.scenarios()[f"name_{explorer.language}"]
    return [[str(name), f"{title} · {name}"] for name, title in titles.items()]


def _cost_options(language: str) -> list[list[str]]:
    presets = [[name, label(name, language)] for name in COST_PRESETS]
    return [[OWN_RULE, label("own_cost_rate", language)], *presets]


def _stored_options(explorer: ScenarioExplorer) -> list[list[str]]:
    language = explorer.language
    stored = [
        [name, f"{name} · {rule_label(rule.label, language)}"]
        for name, rule in explorer.stored_rules().items()
    ]
    return [[OWN_RULE, label("own_rule", language)], *stored]


# --- what it shows ----------------------------------------------------------------


def state_of(explorer: ScenarioExplorer) -> dict[str, Any]:
    """Return everything that the page shows, in values that JSON or bytes hold."""
    comparison, language = explorer.comparison, explorer.language
    outcomes, active = explorer.outcomes, comparison.active
    shown = _shown(explorer)
    message = explorer.message or explorer.outcome.message
    return {
        "form": _form(explorer),
        "bounds": [str(day) for day in explorer.span()],
        "settings": [{"label": o.label, "message": o.message} for o in outcomes],
        "active": active,
        "most": MOST_SETTINGS,
        "message": message,
        "notes": _notes(explorer.outcome),
        "simulated": explorer.simulated,
        "can_undo": explorer.can_undo,
        "can_redo": explorer.can_redo,
        "code": explorer.code() if not explorer.outcome.message else "",
        "status": _status(explorer),
        "reporting": _is_reporting(explorer),
        "view": explorer.view,
        "table": shown["table"],
        "events": event_table(explorer.outcome, language),
        "chart": shown["chart"],
        "timing": label(
            "explorer_timing",
            language,
            compute=f"{explorer.compute_seconds * 1000:.1f}",
            redraw="{redraw}",
        ),
    }


def _shown(explorer: ScenarioExplorer) -> dict[str, Any]:
    """Return chart and table of the part that is shown; of the past where no other."""
    language, outcomes = explorer.language, explorer.outcomes
    if explorer.view == "forward":
        from foresto_lab.widgets.futures import futures_chart, futures_table

        results = explorer.futures
        active = results.get(explorer.outcome.label)
        if active is not None:
            listed = {o.label: results.get(o.label) for o in outcomes}
            return {
                "chart": futures_chart(active, language),
                "table": futures_table(listed, language),
            }
    return {
        "chart": explorer_chart(outcomes, explorer.comparison.active, language),
        "table": summary_table(outcomes, language),
    }


def _form(explorer: ScenarioExplorer) -> dict[str, Any]:
    comparison, setting = explorer.comparison, explorer.comparison.setting
    return {
        "scenario": setting.scenario,
        "stored": explorer.stored_rule_name() or OWN_RULE,
        "kind": setting.kind,
        "mode": setting.mode,
        "frequency": setting.frequency,
        "base_day": setting.base_day,
        "threshold": percent_text(setting.threshold),
        "relative": setting.relative,
        "to": setting.to,
        "cost_rate": percent_text(setting.cost_rate),
        "costs": setting.costs,
        "cash_flow": comparison.cash_flow,
        "start": str(comparison.start or ""),
        "end": str(comparison.end or ""),
        "initial_amount": f"{comparison.initial_amount:,.10g}",
    }


def _notes(outcome: Outcome) -> list[str]:
    if outcome.result is None:
        return []
    return [f"{finding.message} {finding.fix}" for finding in outcome.result.findings]


def _is_reporting(explorer: ScenarioExplorer) -> bool:
    progress = explorer.report_progress
    return progress is not None and progress.status == "running"


def _status(explorer: ScenarioExplorer) -> list[dict[str, Any]]:
    """Return the lines on what was kept: text, and paths where there is a file."""
    language, saved, report = (
        explorer.language,
        explorer.saved,
        explorer.report_progress,
    )
    lines: list[dict[str, Any]] = []
    if saved is not None:
        key = "run_saved" if saved.run_id else "run_not_stored"
        facts = {"run_id": saved.run_id, "hash": saved.request_hash[:12]}
        lines.append({"text": f"{saved.label}: {label(key, language, **facts)}"})
    if report is None:
        return lines
    text = label(f"report_{report.status}", language, setting=report.label)
    if report.status == "failed":
        lines.append({"text": f"{text} {report.message}", "error": True})
    elif report.path is not None:
        lines.append({"text": text, "paths": _spellings(report.path)})
    else:
        lines.append({"text": text})
    return lines


def _spellings(path: Path) -> list[str]:
    """Return a path absolute and from ~, as Jupyter servers name their roots."""
    absolute = path.resolve()
    home = Path.home().resolve()
    if not absolute.is_relative_to(home):
        return [absolute.as_posix()]
    return [absolute.as_posix(), f"~/{absolute.relative_to(home).as_posix()}"]


# --- percent, as people write it --------------------------------------------------


def percent_text(fraction: float) -> str:
    """Return 0.0015 as ``0.15``: exact, with at least the digits it has."""
    text = format((Decimal(repr(fraction)) * 100).normalize(), "f")
    return text


def parse_percent(parameter: str, text: object) -> float:
    """Return ``0.15`` or ``0.15 %`` as the fraction 0.0015, correctly rounded."""
    try:
        return float(Decimal(str(text).replace("%", "").strip()) / 100)
    except InvalidOperation:
        raise AmountError(
            parameter=parameter, given=text, allowed="a number of percent, such as 0.1"
        ) from None


def from_page(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the page's changes as :meth:`ScenarioExplorer.set` takes them."""
    given = dict(changes)
    if "stored" in given:
        stored = given.pop("stored")
        if stored != OWN_RULE:
            given["rule"] = stored
    for name in PERCENT_FIELDS:
        if name in given:
            given[name] = parse_percent(name, given[name])
    return given
