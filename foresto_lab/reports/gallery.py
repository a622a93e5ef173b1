"""The gallery: one page of cards, ``reports/index.html``, the newest report first.

It is written anew from the manifests after every report, under a lock, so that two
reports that end at once are both in it, and replaced whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from foresto_lab.labels import label, measure_text, rule_label
from foresto_lab.reports.page import render_frame
from foresto_lab.reports.publication import (
    PAGE,
    read_manifests,
    reports_folder,
    write_flushed,
    writing,
)

INDEX: Final = "index.html"
_SHOWN: Final = {
    "simulation": ("cagr", "max_drawdown", "sharpe_ratio"),
    "portfolio": ("cagr", "max_drawdown", "sharpe_ratio"),
    "backtest": ("cagr", "max_drawdown", "sharpe"),
    "optimization": ("sharpe", "luck_probability", "deflated_sharpe_ratio"),
    "walk_forward": ("total_return", "sharpe", "efficiency"),
    "quality": ("symbol_count", "error_count", "warning_count"),
    "health": ("symbol_count", "missing_count", "missing_return_count"),
}
_WIDTH, _HEIGHT = 240, 48


def write_gallery(home: Path, language: str = "ko") -> Path:
    """Write the gallery of a workspace's reports and return its path."""
    folder = reports_folder(home)
    target = folder / INDEX
    with writing(folder), _locked(folder / ".gallery.lock"):
        page = render_gallery(read_manifests(home), language)
        draft = folder / f".{INDEX}.{os.getpid()}"
        write_flushed(draft, page)
        os.replace(draft, target)
    return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system drops with the process."""
    try:
        import fcntl
    except ImportError:  # no such locks here: the last writer wins
        yield
        return
    with open(path, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def render_gallery(manifests: Sequence[Mapping[str, Any]], language: str) -> str:
    """Return the gallery's page."""
    title = label("reports", language)
    cards = "\n".join(_card(manifest, language) for manifest in manifests)
    empty = f'<p class="note">{escape(label("no_reports", language))}</p>'
    main = f'<h1>{escape(title)}</h1><div class="cards">{cards or empty}</div>'
    return render_frame(
        title=title,
        language=language,
        visible=f"<main>{main}</main>",
        charts=False,
    )


def _card(manifest: Mapping[str, Any], language: str) -> str:
    failed = manifest["status"] != "completed"
    href = f"{quote(manifest['kind'])}/{quote(manifest['report_id'])}/{PAGE}"
    marks = [f'<span class="mark">{manifest["language"].upper()}</span>']
    if manifest.get("simulated"):
        marks.append(
            f'<span class="mark notice">{_words("simulated", language)}</span>'
        )
    status = "failed" if failed else "completed"
    marks.append(f'<span class="mark {status}">{_words(status, language)}</span>')
    run = _leading_run(manifest.get("runs", []))
    reason = f'<span class="reason">{escape(manifest.get("reason", ""))}</span>'
    return (
        f'<a class="card" href="{href}"><span class="marks">{"".join(marks)}</span>'
        f"<strong>{escape(manifest['title'])}</strong>"
        f'<span class="soft">{escape(_line(manifest, run, language))}</span>'
        f"{reason if failed else ''}"
        f"{_spark(run.get('spark', [])) if run else ''}"
        f"{_numbers(run, language) if run else ''}"
        f'<span class="soft small">{escape(manifest["created_at"])}</span></a>'
    )


def _leading_run(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the run to show: of several, the one with the best Sharpe ratio."""
    return max(
        runs,
        key=_sharpe,
        default=None,
    )


def _sharpe(run: Mapping[str, Any]) -> float:
    numbers = run["numbers"]
    known = [numbers.get(name) for name in ("sharpe_ratio", "sharpe")]
    return next((float(value) for value in known if value is not None), float("-inf"))


def _words(key: str, language: str) -> str:
    return escape(label(key, language))


def _line(
    manifest: Mapping[str, Any], run: Mapping[str, Any] | None, language: str
) -> str:
    """Return the period and the rule; of several rules, how many and the best."""
    parts = [manifest.get("period", "")]
    if run and run["kind"] in ("simulation", "portfolio"):
        count = len(manifest["runs"])
        rule = rule_label(run["rule"], language)
        if count > 1:
            parts += [label("rules_compared", language, rules=count), f"★ {rule}"]
        else:
            parts.append(rule)
    if run and run["kind"] in ("optimization", "walk_forward"):
        parts.append(run["strategy"])
    if run and run["kind"] == "backtest":
        count = len(manifest["runs"])
        if count > 1:
            parts.append(label("strategies_compared", language, count=count))
        parts.append(f"★ {run['strategy']}" if count > 1 else run["strategy"])
    return " · ".join(part for part in parts if part)


def _numbers(run: Mapping[str, Any], language: str) -> str:
    cells = "".join(
        f"<div><dt>{_words(name, language)}</dt>"
        f"<dd>{escape(measure_text(name, run['numbers'][name], language))}</dd></div>"
        for name in _SHOWN.get(run["kind"], ())
        if name in run["numbers"]
    )
    return f'<dl class="figures">{cells}</dl>'


def _spark(values: Sequence[float]) -> str:
    """Return a curve without axes."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    points = " ".join(
        f"{place * _WIDTH / (len(values) - 1):.1f},"
        f"{_HEIGHT - 2 - (value - low) / span * (_HEIGHT - 4):.1f}"
        for place, value in enumerate(values)
    )
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true" '
        f'preserveAspectRatio="none"><polyline points="{points}"/></svg>'
    )
