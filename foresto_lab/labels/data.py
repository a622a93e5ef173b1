"""Words of the checks of data."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # data quality
    "severity": ("등급", "Severity"),
    "error": ("오류", "Error"),
    "warning": ("경고", "Warning"),
    "info": ("참고", "Note"),
    "code": ("코드", "Code"),
    "finding": ("항목", "Finding"),
    "where": ("위치", "Where"),
    "message": ("내용", "What was found"),
    "fix": ("조치", "What to do"),
    "count": ("건수", "Count"),
    "samples": ("예", "Samples"),
    "first_date": ("첫 날짜", "First date"),
    "last_date": ("마지막 날짜", "Last date"),
    "quality_findings": ("품질 규칙별 결과", "Findings by quality rule"),
}
