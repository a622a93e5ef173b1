"""Reports: templates run by papermill, rendered to pages that stand alone."""

from typing import TYPE_CHECKING, Any

from foresto_lab.reports.batch import BatchOutcome, BatchResult, run_batch
from foresto_lab.reports.parameters import Parameter
from foresto_lab.reports.run import Report, run_report
from foresto_lab.reports.templates import (
    Template,
    find_templates,
    load_template,
    source_checksum,
)
from foresto_lab.reports.verify import Discrepancy, Verification, verify_report

if TYPE_CHECKING:
    from foresto_lab.reports.comparison import simulate_rules as simulate_rules
    from foresto_lab.reports.preflight import preflight_strategy as preflight_strategy
    from foresto_lab.reports.quality import check_quality as check_quality

__all__ = [
    "BatchOutcome",
    "BatchResult",
    "Discrepancy",
    "Parameter",
    "Report",
    "Template",
    "Verification",
    "check_quality",
    "find_templates",
    "load_template",
    "preflight_strategy",
    "run_batch",
    "run_report",
    "simulate_rules",
    "source_checksum",
    "verify_report",
]

_LAZY = {
    "check_quality": "quality",
    "preflight_strategy": "preflight",
    "simulate_rules": "comparison",
}
"""What templates call; it needs pandas, which asking for a template does not."""


def __getattr__(name: str) -> Any:
    """Import what templates call the first time it is used."""
    if name not in _LAZY:
        raise AttributeError(f"{__name__} has no name {name!r}", name=name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
