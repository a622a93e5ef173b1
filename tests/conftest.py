"""What the tests share: a home of their own, the data sets, and a browser."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.chromium import CHROMIUM_VARIABLE, find_chromium
from tests.postgresql_binaries import BINARIES_VARIABLE, NoBinariesError
from tests.postgresql_server import (
    DatabaseServer,
    PostgresServer,
    new_server,
    shared_server,
    team_template,
)
from tests.postgresql_session import DATABASE_URL_VARIABLE, begin_session

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Browser

    from foresto_lab import Lab

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE_FOLDER = REPOSITORY / "data" / "sample"
SHARED_DATA_VARIABLE = "FORESTO_SHARED_DATA"
SANDBOX_VARIABLE = "FORESTO_TEST_SANDBOX"
KEPT_VARIABLES = frozenset(
    {SHARED_DATA_VARIABLE, CHROMIUM_VARIABLE, BINARIES_VARIABLE, DATABASE_URL_VARIABLE}
)
ASSET_CLASSES = ("equity", "bond", "cash", "gold", "other")


def _user_cache() -> Path:
    """Return the user's own cache folder, as it was before the tests moved HOME."""
    given = os.environ.get("XDG_CACHE_HOME")
    return Path(given) if given else Path.home() / ".cache"


def _take_interrupts() -> None:
    """Let tests send Ctrl-C, also where a shell started them in the background.

    There it is ignored, and whatever a test starts would inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _move_into_sandbox() -> None:
    """Give this test session its own HOME, but keep the compiled kernels.

    xdist's workers inherit the sandbox of the session that started them.
    """
    if SANDBOX_VARIABLE in os.environ:
        return
    kernels = _user_cache() / "foresto_lab" / "test-kernels"
    sandbox = Path(tempfile.mkdtemp(prefix="foresto-tests-"))
    atexit.register(shutil.rmtree, sandbox, ignore_errors=True)
    for name in [n for n in os.environ if n.startswith("FORESTO_")]:
        if name not in KEPT_VARIABLES:
            del os.environ[name]
    begin_session()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(kernels))
    os.environ[SANDBOX_VARIABLE] = str(sandbox)
    for name, folder in {
        "HOME": "home",
        "USERPROFILE": "home",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "share",
        "XDG_STATE_HOME": "state",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "jupyter/config",
        "JUPYTER_DATA_DIR": "jupyter/data",
        "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
        "MPLCONFIGDIR": "matplotlib",
    }.items():
        path = sandbox / folder
        path.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(path)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")


_take_interrupts()
_move_into_sandbox()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what takes longest first, and browser tests in one worker: they share one."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


# --- data -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout that is being tested."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real market data kept beside the repository."""
    given = os.environ.get(SHARED_DATA_VARIABLE)
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            f"no real data in {folder}; {SHARED_DATA_VARIABLE} names another folder"
        )
    return folder


@pytest.fixture(scope="session")
def _sample_closes() -> pd.DataFrame:
    import pandas as pd

    files = sorted(SAMPLE_FOLDER.glob("*.parquet"))
    rows = pd.concat([pd.read_parquet(file) for file in files])
    closes = rows.pivot(index="date", columns="symbol", values="adj_close")
    closes.index = pd.DatetimeIndex(closes.index, name="date")
    closes = closes[[f"SIM_{name.upper()}" for name in ASSET_CLASSES]]
    return closes.set_axis(list(ASSET_CLASSES), axis="columns")


@pytest.fixture
def sample_prices(_sample_closes: pd.DataFrame) -> pd.DataFrame:
    """Return the SIMULATED sample: adjusted closes, one column per asset class."""
    return _sample_closes.copy()


@pytest.fixture(scope="session")
def _us_closes(shared_data: Path) -> pd.DataFrame:
    import pandas as pd

    rows = pd.read_parquet(shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet")
    rows.columns = [str(column).lower() for column in rows.columns]
    symbol = "ticker" if "ticker" in rows.columns else "symbol"
    closes = rows.pivot(index="date", columns=symbol, values="adj_close")
    closes.index = pd.DatetimeIndex(closes.index, name="date")
    five = {
        "SPY": "equity",
        "IEF": "bond",
        "BIL": "cash",
        "GLD": "gold",
        "DBC": "other",
    }
    return closes[list(five)].rename(columns=five).loc["2007-05-30":].dropna()


@pytest.fixture
def us_prices(_us_closes: pd.DataFrame) -> pd.DataFrame:
    """Return five real US ETFs as asset classes, 2007-05-30 to 2025-09-26 (XNYS)."""
    return _us_closes.copy()


@pytest.fixture
def three_assets_two_years() -> pd.DataFrame:
    """Return made-up prices of a, b and c on every XKRX session of 2021 and 2022."""
    import exchange_calendars
    import numpy as np
    import pandas as pd

    sessions = exchange_calendars.get_calendar("XKRX").sessions_in_range(
        "2021-01-01", "2022-12-31"
    )
    random = np.random.default_rng(20210104)
    steps = random.normal(
        loc=[0.0004, 0.0002, 0.0], scale=[0.014, 0.004, 0.009], size=(len(sessions), 3)
    )
    steps[0] = 0.0
    prices = np.array([100.0, 50.0, 20_000.0]) * np.exp(np.cumsum(steps, axis=0))
    index = pd.DatetimeIndex(sessions, name="date", freq=None)
    return pd.DataFrame(prices, index=index, columns=["a", "b", "c"])


# --- what tests leave behind ------------------------------------------------------


@pytest.fixture(autouse=True)
def _heartbeats_end_with_their_test() -> Iterator[None]:
    """Let no run that a test left running complain in the output of a later one."""
    yield
    for thread in threading.enumerate():
        if thread.name == "foresto-heartbeat":
            target = getattr(thread, "_target", None)
            if target is not None:
                target.__self__._runs.clear()


# --- PostgreSQL -------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_server() -> DatabaseServer:
    """Return the server that the whole test session shares."""
    try:
        return shared_server()
    except NoBinariesError as error:
        pytest.fail(str(error))


@pytest.fixture
def database_url(postgresql_server: DatabaseServer) -> Iterator[str]:
    """Return the URL of a new, empty database."""
    name = postgresql_server.create_database()
    yield postgresql_server.url(name)
    postgresql_server.drop_database(name)


@pytest.fixture
def team_url(postgresql_server: DatabaseServer) -> Iterator[str]:
    """Return the URL of a new team's database: its tables are made and seeded."""
    name = postgresql_server.create_database(template=team_template(postgresql_server))
    yield postgresql_server.url(name)
    postgresql_server.drop_database(name)


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """Return a running server that nobody else uses, to be stopped or killed."""
    try:
        server = new_server()
    except NoBinariesError:
        pytest.skip("no PostgreSQL server is on this machine")
    server.start()
    yield server
    server.remove()


# --- either store -----------------------------------------------------------------


@pytest.fixture(params=["embedded", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Return the store that a test runs on; it runs once on each."""
    return str(request.param)


@pytest.fixture
def store_url(store_kind: str, request: pytest.FixtureRequest) -> str | None:
    """Return the URL of a new team's database, None for the embedded store."""
    if store_kind == "embedded":
        return None
    return str(request.getfixturevalue("team_url"))


@pytest.fixture
def open_test_lab(
    store_url: str | None, tmp_path: Path
) -> Iterator[Callable[..., Lab]]:
    """Return what opens a Lab on the store, in a folder of the test's own.

    A team's Labs share one database, whatever their folders; embedded ones a folder.
    """
    import foresto_lab as fl

    opened = []

    def open_one(folder: str = "home") -> Lab:
        opened.append(fl.open_lab(tmp_path / folder, database_url=store_url))
        return opened[-1]

    yield open_one
    for lab in opened:
        lab.storage.close()


@pytest.fixture
def either_lab(open_test_lab: Callable[..., Lab]) -> Lab:
    """Return an open Lab of a new workspace, once on each store."""
    return open_test_lab()


# --- browser ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the machine's own Chromium, once for all browser tests."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        pytest.fail(
            "The browser tests need Chromium: install the package chromium, or let "
            f"{CHROMIUM_VARIABLE} name one."
        )
    root = sys.platform != "win32" and os.geteuid() == 0
    options = ["--no-sandbox"] if root else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=options)
        yield running
        running.close()
