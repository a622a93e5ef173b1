"""Verify a page: what it claims against what it shows, and both against a rerun.

Three questions: is the page as it was written (its checksums), does each number shown
say what the facts say, and does each fact come out again, exactly, when the recorded
request is run on the recorded data version. The rerun decides: whoever changes a number
and its checksums too still meets it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import ForestoError, ReportVerificationError
from foresto_lab.labels import label, measure_text

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.scenarios import SimulationResult

_FACTS: Final = re.compile(
    r'<script type="application/json" id="foresto-facts">(.*?)</script>', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing on a page that is not as it should be."""

    where: str
    page: str
    expected: str

    def __str__(self) -> str:
        """Return the discrepancy as one line."""
        return f"{self.where}: the page has {self.page}, {self.expected}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a page found. It shows itself in a notebook."""

    path: Path
    kind: str
    report_id: str
    numbers_compared: int
    discrepancies: tuple[Discrepancy, ...]

    @property
    def verified(self) -> bool:
        """Whether the page is unaltered and every number came out again."""
        return not self.discrepancies

    def to_dict(self) -> dict[str, Any]:
        """Return the verification as plain JSON-ready values."""
        return {
            "path": str(self.path),
            "kind": self.kind,
            "report_id": self.report_id,
            "verified": self.verified,
            "numbers_compared": self.numbers_compared,
            "discrepancies": [
                {"where": d.where, "page": d.page, "expected": d.expected}
                for d in self.discrepancies
            ],
        }

    def __str__(self) -> str:
        """Return the verdict, with each discrepancy on a line of its own."""
        if self.verified:
            return (
                f"{self.path} is verified: unaltered, and all {self.numbers_compared} "
                "numbers came out again exactly."
            )
        lines = [f"  {discrepancy}" for discrepancy in self.discrepancies]
        return "\n".join([f"{self.path} does not verify:", *lines])

    def _repr_html_(self) -> str:
        """Return the verdict for a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def verify_report(lab: Lab, path: Path) -> Verification:
    """Rerun what a page was made from and compare its numbers.

    Raises
    ------
    ReportVerificationError
        The file is no report's page, or the page of a failed report.
    """
    html = _read(path)
    facts = _parse_facts(path, html)
    discrepancies = list(_check_seals(html, facts))
    shown = _shown_numbers(html)
    language = facts["report"]["language"]
    compared = 0
    for run in facts["runs"]:
        try:
            rerun = rerun_numbers(lab, run)
        except ForestoError as error:
            where = f"{run['kind']} {run.get('run_id') or run['request_hash'][:12]}"
            discrepancies.append(
                Discrepancy(where, "numbers", f"but cannot be run again: {error}")
            )
            continue
        compared += len(rerun)
        discrepancies += _compare(run, rerun, shown, language)
    report = facts["report"]
    return Verification(
        path, report["kind"], report["report_id"], compared, tuple(discrepancies)
    )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportVerificationError(
            path=str(path), reason=f"it cannot be read ({error})."
        ) from None


def _parse_facts(path: Path, html: str) -> dict[str, Any]:
    """Return the facts of a completed report's page."""
    found = _FACTS.findall(html)
    try:
        facts: dict[str, Any] = json.loads(found[-1])
        completed = facts["status"] == "completed"
        if facts["schema"] != 1 or not facts["report"] or facts["runs"] is None:
            raise KeyError("schema")
    except (IndexError, KeyError, TypeError, ValueError):
        raise ReportVerificationError(
            path=str(path), reason="it carries no facts of a foresto report."
        ) from None
    if not completed:
        raise ReportVerificationError(
            path=str(path), reason="it is the page of a report that failed."
        )
    return facts


def _check_seals(html: str, facts: Mapping[str, Any]) -> Iterator[Discrepancy]:
    """Yield the checksums that do not fit what they seal."""
    from foresto_lab.reports.page import visible_checksum

    bare = {name: value for name, value in facts.items() if name != "checksum"}
    seals = {
        "facts": (facts.get("checksum"), sha256_of(bare)),
        "text": (facts.get("page_sha256"), visible_checksum(html)),
    }
    for name, (recorded, found) in seals.items():
        if recorded != found:
            yield Discrepancy(
                f"{name} altered",
                f"checksum {str(recorded)[:12]}…",
                f"its {name} have {found[:12]}…",
            )


def rerun_numbers(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that a recorded request gives on its data version now.

    Raises
    ------
    ForestoError
        It cannot be run again, for the reason it states.
    """
    if run["kind"] == "preflight":
        return _rerun_preflight(lab, run)
    if run["kind"] in ("quality", "health"):
        _require_data_version(lab, run)
        rerun = _rerun_quality if run["kind"] == "quality" else _rerun_health
        return rerun(lab, run)
    if run["request"] is None:
        raise ReportVerificationError(
            path=run["request_hash"],
            reason="the run was not registered, so its request is not known.",
        )
    if run["kind"] == "backtest":
        return _rerun_backtest(lab, run)
    if run["kind"] == "study":
        return _rerun_study(lab, run)
    if run["kind"] == "forward":
        return _rerun_forward(lab, run)
    if run["kind"] in ("optimization", "walk_forward"):
        return _rerun_search(lab, run)
    if run["kind"] == "portfolio":
        return _rerun_fact_sheet(lab, run)
    from foresto_lab.reports.facts import key_numbers

    return key_numbers(_rerun_simulation(lab, run, run["request"]))


def _rerun_fact_sheet(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact sheet's numbers, its benchmark and its futures run again too."""
    from foresto_lab.reports.fact_sheet.sheet import rerun_numbers_of_sheet

    result = _rerun_simulation(lab, run, run["request"]["simulation"])
    return rerun_numbers_of_sheet(lab, run, result)


def _rerun_simulation(
    lab: Lab, run: Mapping[str, Any], asked: Mapping[str, Any]
) -> SimulationResult:
    """Return a simulation on the recorded state of the prices."""
    from foresto_lab.runs.inputs import load_inputs
    from foresto_lab.runs.money import DEFAULT_CURRENCY
    from foresto_lab.runs.request import SimulationRequest
    from foresto_lab.runs.simulation import compute

    request = SimulationRequest.from_dict(asked)
    return compute(
        load_inputs(request, lab.storage.series, run["data_version"]),
        identity=run["request_hash"],
        run_id=None,
        simulated=bool(run["simulated"]),
        currency=run.get("currency") or DEFAULT_CURRENCY,
    )


def _rerun_backtest(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a backtest on the recorded state of the candles."""
    from foresto_lab.reports.backtests import backtest_numbers, rerun_backtest

    return backtest_numbers(rerun_backtest(lab, run["request"], run["data_version"]))


def _rerun_study(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a study on the recorded state of the prices."""
    from foresto_lab.reports.study import rerun_study

    return rerun_study(lab, run)


def _rerun_forward(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of futures on the recorded state of the prices."""
    from foresto_lab.reports.forward import rerun_forward

    return rerun_forward(lab, run)


def _rerun_search(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a search on the recorded state of the candles."""
    from foresto_lab.reports.optimization import rerun_optimization
    from foresto_lab.reports.walk_forward import rerun_walk_forward

    searched = run["kind"] == "optimization"
    return (rerun_optimization if searched else rerun_walk_forward)(lab, run)


def _rerun_quality(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a check, which reads the prices as they are now."""
    from foresto_lab.reports.quality import check_quality

    request = run["request"]
    return check_quality(lab, request["symbols"], calendar=request["calendar"]).numbers


def _rerun_health(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of the store's prices, which are read as they are now."""
    return lab.health(as_of=run["request"]["as_of"]).numbers


def _rerun_preflight(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a preflight, which reads the candles as they are now."""
    from foresto_lab.reports.preflight import data_version_of, preflight_strategy

    _require_same_version(data_version_of(lab), run)
    return preflight_strategy(lab, **run["request"]).numbers


def _require_data_version(lab: Lab, run: Mapping[str, Any]) -> None:
    _require_same_version(lab.storage.series.data_version(), run)


def _require_same_version(now: str, run: Mapping[str, Any]) -> None:
    if now != run["data_version"]:
        raise ReportVerificationError(
            path=run["data_version"],
            reason=f"the prices are at {now} now; make the report again.",
        )


def _compare(
    run: Mapping[str, Any],
    rerun: Mapping[str, Any],
    shown: Mapping[str, list[str]],
    language: str,
) -> Iterator[Discrepancy]:
    """Yield each number that the facts or the page's text state otherwise."""
    from foresto_lab.reports.facts import fact_key

    for measure, value in rerun.items():
        base, _, of = measure.partition("@")
        name = f"{label(base, 'en')} {of}".rstrip()
        claimed = run["numbers"].get(measure)
        if claimed != value or measure not in run["numbers"]:
            yield Discrepancy(name, repr(claimed), f"the rerun gives {value!r}")
        text = measure_text(base, value, language, run.get("currency") or "")
        for written in shown.get(fact_key(run["request_hash"], measure), []):
            if written != text:
                yield Discrepancy(name, written, f"the rerun gives {text}")


def _shown_numbers(html: str) -> dict[str, list[str]]:
    """Return the texts that the page shows for each fact's key."""
    reader = _FactReader()
    reader.feed(_FACTS.sub("", html[html.find("<main>") :]))
    return reader.shown


class _FactReader(HTMLParser):
    """Collects the text of every element that names a fact, stars left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: dict[str, list[str]] = {}
        self._tag = self._key = ""
        self._depth = 0
        self._hidden = False
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if self._key:
            self._depth += tag == self._tag
            self._hidden = attributes.get("aria-hidden") == "true"
        elif attributes.get("data-fact"):
            self._tag, self._key, self._depth = tag, str(attributes["data-fact"]), 1
            self._text, self._hidden = [], False

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        if self._key and tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self.shown.setdefault(self._key, []).append("".join(self._text).strip())
                self._key = ""

    def handle_data(self, data: str) -> None:
        if self._key and not self._hidden:
            self._text.append(data)
