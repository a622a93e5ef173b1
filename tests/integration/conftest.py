"""One suite, two stores: tests that take ``either_store`` run on each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgresql_server import DatabaseServer, team_template

STORES = ("embedded", "postgresql")
VARIABLE = "FORESTO_DATABASE_URL"


def _store(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Let every Lab, command and process started from here use the store."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "embedded":
            patch.delenv(VARIABLE, raising=False)
            yield None
            return
        server: DatabaseServer = request.getfixturevalue("postgresql_server")
        name = server.create_database(template=team_template(server))
        patch.setenv(VARIABLE, server.url(name))
        yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="module", params=STORES)
def either_store(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Return a team's URL, or None for the embedded store; shared by a module."""
    yield from _store(request)


@pytest.fixture(params=STORES)
def either_new_store(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Return the same, new for each test."""
    yield from _store(request)


@pytest.fixture(autouse=True)
def _embedded_unless_asked(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep a store that a module's other tests run on from tests that ask for none."""
    if not {"either_store", "either_new_store"} & set(request.fixturenames):
        monkeypatch.delenv(VARIABLE, raising=False)
