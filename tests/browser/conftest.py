"""A workspace with the sample prices, served by a real JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foresto_lab.workspace import set_up_workspace
from tests.browser.jupyterlab import JupyterServer, jupyter_server


@pytest.fixture(scope="session")
def explorer_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("explored") / "workspace"
    set_up_workspace(home)
    return home


@pytest.fixture(scope="session")
def jupyterlab(
    explorer_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JupyterServer]:
    scratch = tmp_path_factory.mktemp("jupyterlab")
    with jupyter_server(explorer_workspace, scratch) as server:
        yield server
