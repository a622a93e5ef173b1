"""What a report's kernel imports while its parent still gets ready."""

import foresto_lab.figures
import foresto_lab.lab
import foresto_lab.reports.blocks
import foresto_lab.reports.tables
import foresto_lab.scenarios
import foresto_lab.storage  # noqa: F401
