"""Storage: the SQLite catalog, the run artifacts and the lake of price series."""

from __future__ import annotations

from foresto_lab.storage.workspace import Storage, create_workspace, open_storage

__all__ = ["Storage", "create_workspace", "open_storage"]
