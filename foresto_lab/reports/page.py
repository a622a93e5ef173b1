"""The page of a report: one HTML file that loads nothing from anywhere.

nbconvert walks the notebook by our own template, which hides all code; Plotly figures
become data that a small script draws. The Content-Security-Policy names the page's
scripts by their hashes, so nothing that a parameter or an output brings can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.labels import label, rule_label
from foresto_lab.reports.facts import collect_facts
from foresto_lab.reports.font import font_face

if TYPE_CHECKING:
    from jinja2 import Environment

    from foresto_lab.reports.execute import CellFailure

CHART_TYPE: Final = "application/vnd.plotly.v1+json"
FACTS_ID: Final = "foresto-facts"
ASSETS: Final = Path(__file__).parent / "assets"
REPORT_KINDS: Final = frozenset(
    {
        "report_scenario",
        "report_rebalancing_comparison",
        "report_rebalancing_study",
        "report_forward",
        "report_data_quality",
        "report_store_health",
        "report_backtest",
        "report_strategy_comparison",
        "report_portfolio",
        "report_optimization",
        "report_walk_forward",
    }
)
_WORDS: Final = ("theme", "provenance", "rerun", "verify", "failed_title", "details")


@dataclass(frozen=True, slots=True)
class ReportDescription:
    """What a page says of itself: which report it is and how it was made.

    ``given`` are the parameters to name when the report is made again.
    """

    kind: str
    report_id: str
    language: str
    template: Mapping[str, str]
    parameters: Mapping[str, Any]
    created_at: str
    given: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the description as plain values."""
        return {
            "kind": self.kind,
            "report_id": self.report_id,
            "language": self.language,
            "template": dict(self.template),
            "parameters": dict(self.parameters),
            "created_at": self.created_at,
            "engine_version": __version__,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered page: its text, its title and the facts that it carries."""

    html: str
    title: str
    facts: Mapping[str, Any]


def render_page(
    notebook: Any, report: ReportDescription, failure: CellFailure | None = None
) -> Page:
    """Return the page of an executed notebook, or of the failure that stopped it.

    The facts carry a checksum of their own and one of the page's visible part.
    """
    published = collect_facts(notebook)
    kind = kind_words(report.kind, report.language)
    title = str(published[0]["title"]) if published else kind
    runs = [run for block in published for run in block["runs"]]
    body = render_body(notebook, report.language, failure)
    if failure is not None and not published:
        body = f"<h1>{escape(kind)}</h1>{body}"
    visible = f"<main>{body}</main>\n{render_footer(report, runs)}"
    facts: dict[str, Any] = {
        "schema": 1,
        "status": "completed" if failure is None else "failed",
        "title": title,
        "period": published[0].get("period", "") if published else "",
        "report": report.to_dict(),
        "runs": runs,
        "page_sha256": visible_checksum(visible),
    }
    facts["checksum"] = sha256_of(facts)
    html = render_frame(
        title=title, language=report.language, visible=visible, facts=facts
    )
    return Page(html, title, facts)


def kind_words(kind: str, language: str) -> str:
    """Return what a kind of report is called; a template of one's own by its name."""
    key = f"report_{kind}"
    return label(key, language) if key in REPORT_KINDS else kind


def visible_checksum(html: str) -> str:
    """Return the SHA-256 of what a page shows: from ``<main>`` to ``</footer>``."""
    start, end = html.find("<main>"), html.rfind("</footer>")
    return hashlib.sha256(html[start:end].encode("utf-8")).hexdigest()


def render_body(
    notebook: Any, language: str, failure: CellFailure | None = None
) -> str:
    """Return what the notebook shows, as HTML without code."""
    from nbconvert.exporters.templateexporter import TemplateExporter

    exporter = TemplateExporter(
        template_name="page",
        template_file="index.html.j2",
        extra_template_basedirs=[str(ASSETS)],
        filters={"data_block": data_block},
        file_extension=".html",
    )
    page = {
        "failure": failure,
        "chart_type": CHART_TYPE,
        "words": page_words(language),
    }
    body, _ = exporter.from_notebook_node(
        notebook, {"output_extension": ".html", "page": page}
    )
    return str(body)


def render_footer(report: ReportDescription, runs: Sequence[Mapping[str, Any]]) -> str:
    """Return where the numbers are from and how to get them again."""
    language = report.language
    template = report.template
    facts = [
        (label("report", language), f"{report.kind} {report.report_id}"),
        (label("created_at", language), report.created_at),
        (
            label("template", language),
            f"{template['name']} {template['version']} · {template['checksum']}",
        ),
    ]
    return (
        _environment()
        .get_template("footer.html.j2")
        .render(
            words=page_words(language),
            runs=[_provenance(run, language) for run in runs],
            report=facts,
            rerun=rerun_command(report.kind, report.given),
        )
    )


def _provenance(run: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if run["kind"] in ("simulation", "portfolio"):
        rows.append((label("rule", language), rule_label(run["rule"], language)))
    if run["kind"] in ("backtest", "optimization", "walk_forward"):
        rows.append((label("strategy", language), str(run["strategy"])))
    keys = ("run_id", "request_hash", "data_version", "engine_version", "git_commit")
    return rows + [
        (label(key, language), str(run[key])) for key in keys if run.get(key)
    ]


def rerun_command(kind: str, parameters: Mapping[str, Any]) -> str:
    """Return the command that makes a report again with these parameters."""
    words = ["foresto", "report", kind]
    for name, value in parameters.items():
        words += ["-p", f"{name}={_parameter_text(value)}"]
    return shlex.join(words)


def _parameter_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def render_frame(
    *,
    title: str,
    language: str,
    visible: str,
    facts: Mapping[str, Any] | None = None,
    charts: bool = True,
) -> str:
    """Return a whole page around what it shows, with font, scripts and policy."""
    own = _asset("page.js")
    scripts = [_plotly(), _asset("candles.js"), own] if charts else [own]
    words = page_words(language)
    facts_block = data_block(facts) if facts else ""
    css = _asset("page.css") + _asset("sheet.css") + _margins(facts)
    return (
        _environment()
        .get_template("frame.html.j2")
        .render(
            title=title,
            language=language,
            visible=visible,
            words=words,
            version=__version__,
            policy=_policy(scripts),
            scripts=scripts,
            css=css,
            font_face=font_face(title + visible),
            facts=facts_block,
        )
    )


def _margins(facts: Mapping[str, Any] | None) -> str:
    """Return what print writes below each page: where it is from, and its number."""
    if not facts:
        return ""
    report = facts["report"]
    hashes = ", ".join(str(run["request_hash"])[:12] for run in facts["runs"][:3])
    parts = [f"{report['kind']} {report['report_id']}", hashes, f"v{__version__}"]
    words = _css_string(" · ".join(part for part in parts if part))
    return (
        "@page{size:A4;margin:14mm 14mm 18mm;"
        f"@bottom-left{{content:{words};{_SMALL}}}"
        f"@bottom-right{{content:counter(page) ' / ' counter(pages);{_SMALL}}}}}"
    )


_SMALL: Final = "font:7.5pt 'Foresto Sans',sans-serif;color:#555"


def _css_string(text: str) -> str:
    """Return a text as a CSS string that ends no style element."""
    safe = "".join(c if c.isalnum() or c in " ·.,_-" else " " for c in text)
    return f'"{safe}"'


def page_words(language: str) -> dict[str, str]:
    """Return the words of the page's own parts."""
    return {name: label(name, language) for name in _WORDS}


def data_block(value: Any) -> str:
    """Return JSON that may stand inside a ``<script>``: no ``<`` in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _policy(scripts: Sequence[str]) -> str:
    hashes = " ".join(f"'sha256-{_csp_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "font-src data:; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@cache
def _csp_hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()


@cache
def _plotly() -> str:
    """Return plotly.js as it came with plotly, in sync with the figures."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader

    return Environment(loader=FileSystemLoader(ASSETS), autoescape=False)
