"""Words of every report's page."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # reports
    "report": ("보고서", "Report"),
    "report_scenario": ("시나리오 보고서", "Scenario report"),
    "report_rebalancing_comparison": (
        "리밸런싱 비교 보고서",
        "Rebalancing comparison",
    ),
    "report_data_quality": ("데이터 품질 보고서", "Data quality report"),
    "report_store_health": ("저장소 점검 보고서", "Store health report"),
    "as_of": ("{date} 기준", "as of {date}"),
    "calendar": ("거래소 달력", "Calendar"),
    "coverage_share": ("보유율", "Coverage"),
    "lag_sessions": ("지연 거래일", "Sessions behind"),
    "partitions": ("파티션", "Partitions"),
    "partition_table": ("테이블", "Table"),
    "partition_count": ("파티션 수", "Partitions"),
    "first_month": ("첫 달", "First month"),
    "last_month": ("마지막 달", "Last month"),
    "row_estimate": ("행 수 (추정)", "Rows (estimate)"),
    "size": ("크기", "Size"),
    "reports": ("보고서 모음", "Reports"),
    "no_reports": ("아직 보고서가 없습니다.", "There are no reports yet."),
    "completed": ("완료", "Completed"),
    "failed": ("실패", "Failed"),
    "failed_title": ("보고서를 만들지 못했습니다", "This report could not be made"),
    "details": ("자세한 내용", "Details"),
    "parameters": ("매개변수", "Parameters"),
    "provenance": ("출처와 재현", "Provenance"),
    "run_id": ("실행 ID", "Run"),
    "request_hash": ("요청 해시", "Request hash"),
    "data_version": ("데이터 버전", "Data version"),
    "engine_version": ("엔진 버전", "Engine"),
    "git_commit": ("Git 커밋", "Git commit"),
    "template": ("템플릿", "Template"),
    "checksum": ("체크섬", "Checksum"),
    "created_at": ("작성 시각", "Made at"),
    "rerun": ("다시 만들기", "Make it again"),
    "verify": ("검증", "Verify"),
    "theme": ("화면 밝기 전환", "Light or dark"),
    "unknown": ("알 수 없음", "unknown"),
}
