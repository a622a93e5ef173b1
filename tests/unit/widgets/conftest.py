"""A workspace with the sample prices, and an explorer on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from foresto_lab.widgets import ScenarioExplorer
from foresto_lab.workspace import set_up_workspace

if TYPE_CHECKING:
    from foresto_lab.lab import Lab


@pytest.fixture(scope="session")
def sample_lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    from foresto_lab.lab import open_lab

    home = tmp_path_factory.mktemp("explorer-workspace")
    set_up_workspace(home)
    return open_lab(home)


@pytest.fixture
def explorer(sample_lab: Lab) -> ScenarioExplorer:
    return ScenarioExplorer(sample_lab, language="en")
