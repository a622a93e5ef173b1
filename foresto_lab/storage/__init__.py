"""Storage: the SQLite catalog, the run artifacts and the lake of price series.

The names below load on first use: the lake's parts are imported by processes that
need nothing of the catalog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foresto_lab.storage.workspace import Storage as Storage
    from foresto_lab.storage.workspace import create_workspace as create_workspace
    from foresto_lab.storage.workspace import open_storage as open_storage

__all__ = ["Storage", "create_workspace", "open_storage"]


def __getattr__(name: str) -> Any:
    """Load a public name on its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from foresto_lab.storage import workspace

    return getattr(workspace, name)
