"""Which of date and drift make a trade, and which of them fired, as numbers."""

from __future__ import annotations

from typing import Final

NEVER: Final = 0
ON_DATE: Final = 1
ON_DRIFT: Final = 2
ON_BOTH: Final = 3
ON_EITHER: Final = 4

DATE_FIRED: Final = 1
DRIFT_FIRED: Final = 2
