"""Findings, as commands print them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from foresto_lab.cli.output import print_table

if TYPE_CHECKING:
    from foresto_lab.findings import Finding

FINDING_COLUMNS = ("severity", "rule", "count", "where", "what", "samples")


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings as a table."""
    from foresto_lab.market.quality import rule_name

    print_table(
        FINDING_COLUMNS,
        [
            [
                finding.severity,
                rule_name(finding.code),
                f"{finding.count:,}",
                finding.where,
                f"{finding.message} {finding.fix}".strip(),
                "\n".join(finding.samples[:3]),
            ]
            for finding in findings
        ],
        right=["count"],
    )
