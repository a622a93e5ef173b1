"""Workers that evaluate combinations and make reports: of this machine, or of many."""

from __future__ import annotations

from foresto_lab.cluster.executor import DaskExecutor

__all__ = ["DaskExecutor"]
