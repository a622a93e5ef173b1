"""Facts: what a report claims, as data beside what it shows.

A template publishes the runs it shows; their facts travel as metadata of a cell's
output into the notebook, and from there into the page, where ``foresto verify`` reads
them. Each number that the page shows carries the key of its fact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.figures.series import PathResult, currency_of, largest_drift

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.reports.preflight import StrategyPreflight
    from foresto_lab.reports.quality import QualityCheck
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.storage.health import HealthReport

FACTS_KEY: Final = "foresto"
"""The entry of an output's metadata that holds the facts."""
_SPARK_POINTS: Final = 48


def fact_key(request_hash: str, measure: str) -> str:
    """Return the key by which a shown number names its fact."""
    return f"{request_hash[:12]}.{measure}"


def key_numbers(result: PathResult) -> dict[str, Any]:
    """Return the numbers of a result that a page claims: its summary and some more.

    None where there is none, as for NaN, which JSON has no form for.
    """
    numbers = {str(name): _number(value) for name, value in result.summary.items()}
    nav = result.path["nav"]
    return {
        **numbers,
        "initial_amount": float(nav.iloc[0]),
        "final_nav": float(nav.iloc[-1]),
        "largest_drift": _number(largest_drift(result).max()),
    }


def _number(value: Any) -> float | int | None:
    if value is None:
        return None
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def simulation_facts(lab: Lab, result: SimulationResult) -> dict[str, Any]:
    """Return what is claimed of a simulation and what it takes to run it again.

    A run that was not registered has no request to run again: ``request`` is None.
    """
    path = result.path
    facts: dict[str, Any] = {
        "kind": "simulation",
        "run_id": result.run_id,
        "request_hash": result.request_hash,
        "simulated": bool(result.simulated),
        "rule": None if result.rule is None else result.rule.label,
        "currency": currency_of(result),
        "first_date": f"{path.index[0]:%Y-%m-%d}",
        "last_date": f"{path.index[-1]:%Y-%m-%d}",
        "numbers": key_numbers(result),
        "spark": spark(path["nav"].tolist()),
        "request": None,
        "data_version": None,
    }
    if result.run_id is not None:
        record = lab.run_record(result.run_id)
        facts |= {
            "request": dict(record.request),
            "data_version": record.data_version,
            "engine_version": record.engine_version,
            "git_commit": record.git_commit,
            "created_at": f"{record.created_at:%Y-%m-%dT%H:%M:%SZ}",
        }
    return facts


def spark(values: Sequence[float]) -> list[float]:
    """Return some of the values, evenly apart, both ends among them, starting at 1."""
    last = len(values) - 1
    count = min(_SPARK_POINTS, len(values))
    places = [round(step * last / max(count - 1, 1)) for step in range(count)]
    return [round(values[place] / values[0], 4) for place in places]


def quality_facts(check: QualityCheck) -> dict[str, Any]:
    """Return what is claimed of a data-quality check."""
    request = {"symbols": list(check.symbols), "calendar": check.calendar}
    identity = {"kind": "quality", "request": request, "data": check.data_version}
    return {
        "kind": "quality",
        "run_id": None,
        "request_hash": sha256_of(identity),
        "request": request,
        "data_version": check.data_version,
        "engine_version": __version__,
        "simulated": check.simulated,
        "numbers": check.numbers,
    }


def health_facts(report: HealthReport) -> dict[str, Any]:
    """Return what is claimed of the state of a store."""
    request = {"as_of": report.checked_at.isoformat()}
    identity = {"kind": "health", "request": request, "data": report.data_version}
    return {
        "kind": "health",
        "run_id": None,
        "request_hash": sha256_of(identity),
        "request": request,
        "data_version": report.data_version,
        "engine_version": __version__,
        "simulated": report.simulated,
        "numbers": report.numbers,
    }


def preflight_facts(check: StrategyPreflight) -> dict[str, Any]:
    """Return what is claimed of a preflight."""
    request = dict(check.request)
    identity = {"kind": "preflight", "request": request, "data": check.data_version}
    return {
        "kind": "preflight",
        "run_id": None,
        "request_hash": sha256_of(identity),
        "request": request,
        "data_version": check.data_version,
        "engine_version": __version__,
        "simulated": check.simulated,
        "numbers": check.numbers,
    }


def collect_facts(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the facts that an executed notebook published, in order."""
    return [
        output["metadata"][FACTS_KEY]
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if FACTS_KEY in output.get("metadata", {})
    ]
