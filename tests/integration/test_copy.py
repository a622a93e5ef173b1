"""Copies of stores into others: equal to the last bit, taken up again, or refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foresto_lab import Drift
from foresto_lab.errors import (
    CopyError,
    DatabaseConnectionError,
    DiskFullError,
    InputError,
    PathExpiredError,
    ReproductionError,
    StorageError,
)
from foresto_lab.findings import Finding
from foresto_lab.scenarios import Instrument, Scenario
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.copying import CopyReport, copy_store
from foresto_lab.storage.retention import clean_up
from foresto_lab.types import RunStatus, Severity
from tests.contracts.candle_store import THREE_SERIES, candle_table, minutes
from tests.contracts.run_store import awkward_artifacts, new_record
from tests.contracts.series_store import TWO_SYMBOLS, Row, closes, price_table
from tests.integration.backup_workers import PRELOADED, ROWS_AT_ONCE, copy, prices_of
from tests.integration.foresto_command import foresto
from tests.integration.forked import Forks, kill
from tests.integration.places import Place, Places, as_text, differences, fill
from tests.postgresql_server import DatabaseServer, PostgresServer

AWKWARD_ROWS: tuple[Row, ...] = (
    ("'; DROP TABLE daily_price; --", "2000-02-29", None, None, None, 0.1, None, 0.0),
    ("한글", "1999-12-31", 5e-324, 5e-324, 5e-324, 5e-324, 5e-324, -0.0),
    ("한글", "2000-01-01", 0.1, 0.3, 0.1, 0.1 + 0.2, 1 / 3, 1.7976931348623157e308),
    ("Z", "2031-06-30", 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    *TWO_SYMBOLS,
)
HOSTILE = """a'b"c;--\\ %s {x} 🌲"""
NOW = datetime.now(UTC)


# --- places -------------------------------------------------------------------------


@pytest.fixture
def new_place(
    postgresql_server: DatabaseServer, tmp_path: Path
) -> Iterator[Callable[[str], Place]]:
    """Return what makes an empty place of a kind."""
    places = {
        "embedded": Places(tmp_path, None),
        "postgresql": Places(tmp_path / "team", postgresql_server),
    }
    yield lambda kind: places[kind].new()
    places["postgresql"].remove()


@pytest.fixture(scope="module")
def workers() -> Iterator[Forks]:
    with Forks(*PRELOADED, "foresto_lab.storage.postgresql.run_store") as workers:
        yield workers


OPPOSITE = {"embedded": "postgresql", "postgresql": "embedded"}


def storage_of(place: Place) -> Storage:
    return open_storage(place.home, place.url)


def copied(source: Place, target: Place, *, merge: bool = False) -> CopyReport:
    left, right = storage_of(source), storage_of(target)
    report = copy_store(left, right, merge=merge, rows_at_once=ROWS_AT_ONCE)
    left.close()
    right.close()
    return report


def fill_with_everything(place: Place, archive: Path) -> None:
    """Fill a store with all that one can hold, and with what is easily bent."""
    lab = place.open()
    storage = lab.storage
    fill(place)
    clean_up(storage, now=NOW + timedelta(days=150), archive=archive)
    for turn in range(3, 9):
        storage.series.load_daily_prices(prices_of(0, turn))
    outcome = storage.series.load_daily_prices(price_table(AWKWARD_ROWS))
    lab.update_returns()
    finding = Finding("CODE", Severity.WARNING, HOSTILE, where=HOSTILE, count=3)
    for result in (outcome, None):
        storage.catalog.record_load(
            source=f"{HOSTILE} {result is None}",
            checksum="ab" * 32,
            table="daily_price",
            outcome=result,
            findings=[finding],
            loaded_at=NOW,
            options={"z": 1, "a": {"encoding": "CP949", "é": [1.5, None]}},
        )
    storage.candles.load_candles(candle_table(THREE_SERIES))
    many = minutes("DOGE", "2023-12-31T22:30", [0.1 + n / 3 for n in range(200)])
    storage.candles.load_candles(candle_table(many))
    weights = {"금": 0.1 + 0.2, "equity": 0.1, "bond": 1 / 3}
    storage.catalog.save_scenario(Scenario(HOSTILE, "가", "A", weights, "설명", "d"))
    storage.catalog.save_scenario(Scenario("GROWTH", "성장", "Grown", {"equity": 1.0}))
    storage.catalog.save_rule(HOSTILE, Drift(1 / 3, cost_rate=0.1))
    storage.catalog.save_instruments(
        [Instrument("SPY", HOSTILE, "S&P 500", "equity", "USD", "XNYS")]
    )
    storage.catalog.map_instrument("gold", "한글")
    for amount in (1e6, 1e6 + 0.1):
        lab.simulate(
            {"W0A": 0.5, "W0B": 0.3},
            rebalancing="DRIFT_5",
            calendar="24/7",
            initial_amount=amount,
        )
    storage.runs.begin(new_record(1))
    storage.runs.complete(new_record(1).run_id, awkward_artifacts())
    storage.runs.begin(new_record(2, name=HOSTILE))
    storage.runs.fail(new_record(2).run_id, HOSTILE)
    storage.close()


# --- equal --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("start", ["embedded", "postgresql"])
def test_there_and_back_again_everything_is_equal_to_the_last_bit(
    start: str, new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    first = new_place(start)
    fill_with_everything(first, tmp_path / "archive")
    second, third = new_place(OPPOSITE[start]), new_place(start)
    reports = copied(first, second), copied(second, third)
    for report in reports:
        assert report.prices.rows == 9 * 80 + 40 + len(AWKWARD_ROWS)
        assert report.prices.rows_copied == report.prices.rows
        assert report.prices.adopted
        assert report.candles.rows == report.candles.rows_copied == 205
        assert report.candles.adopted
        assert report.returns == "equal"
        assert (report.runs.completed, report.runs.cleaned_up) == (3, 2)
        assert (report.runs.failed, report.runs.copied) == (1, 6)
    assert reports[0].prices == reports[1].prices
    assert reports[0].candles == reports[1].candles
    for left, right in ((first, second), (second, third), (first, third)):
        assert differences(left, right, with_past=False) == []


@pytest.mark.parametrize("kind", ["embedded", "postgresql"])
def test_a_store_is_copied_to_one_of_its_kind(
    kind: str, new_place: Callable[[str], Place]
) -> None:
    source, target = new_place(kind), new_place(kind)
    fill(source)
    assert copied(source, target).runs.completed == 2
    assert differences(source, target) == []


def test_a_copied_run_is_found_by_the_same_request(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    copied(source, target)
    lab = target.open()
    weights = {"W0A": 0.5, "W0B": 0.5}
    again = lab.simulate(weights, rebalancing="DRIFT_5", calendar="24/7")
    runs = {run.run_id: run for run in source.open().run_records()}
    assert again.run_id in runs
    assert again.request_hash == runs[again.run_id].request_hash
    assert lab.reproduce(again.run_id).identical
    assert len(lab.run_records()) == 2
    lab.storage.close()


def test_a_copied_archive_can_be_read(
    new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    storage = storage_of(source)
    archived, lost = (record.run_id for record in storage.runs.records())
    clean_up(storage, now=NOW + timedelta(days=150), archive=tmp_path / "archive")
    shutil.rmtree(tmp_path / "archive" / lost)
    before = storage.runs.artifacts(archived)
    summary = as_text(storage.runs.record(lost).summary)
    storage.close()
    assert copied(source, target).runs.cleaned_up == 2
    runs = target.open().storage.runs
    assert runs.artifacts(archived).tables["path"].equals(before.tables["path"])
    assert as_text(runs.record(lost).summary) == summary
    with pytest.raises(PathExpiredError):
        runs.artifacts(lost)


def test_what_was_cleaned_up_since_stays_in_the_copy(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    copied(source, target)
    storage = storage_of(source)
    clean_up(storage, now=NOW + timedelta(days=150))
    storage.close()
    report = copied(source, target)
    assert (report.runs.cleaned_up, report.runs.copied) == (2, 0)
    lab = target.open()
    assert all(lab.reproduce(run.run_id).identical for run in lab.run_records())
    lab.storage.close()


def test_a_run_on_earlier_prices_is_never_held_against_other_ones(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    lab = source.open()
    earlier = {record.run_id for record in lab.run_records()}
    lab.storage.series.load_daily_prices(prices_of(0, 3))
    later = lab.simulate({"W0A": 1.0}, calendar="24/7").run_id
    report = copied(source, target)
    assert report.runs.other_data == 2
    copy_of = target.open()
    assert copy_of.reproduce(str(later)).identical
    for run_id in earlier:
        assert copy_of.run(run_id).path.equals(lab.run(run_id).path)
        with pytest.raises(ReproductionError, match=r"does not have the state.* daily"):
            copy_of.reproduce(run_id)
        assert lab.reproduce(run_id).identical
    lab.storage.close()
    copy_of.storage.close()


def test_a_new_load_into_the_copy_continues_from_the_name(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    copied(source, target)
    left, right = storage_of(source), storage_of(target)
    for side in (left, right):
        side.series.load_daily_prices(prices_of(1, 0))
    assert left.series.data_version() == right.series.data_version()
    left.close()
    right.close()


def test_stale_returns_are_computed_anew_and_none_are_not(
    new_place: Callable[[str], Place],
) -> None:
    source = new_place("embedded")
    storage = storage_of(source)
    storage.series.load_daily_prices(prices_of(0, 0))
    assert copied(source, new_place("embedded")).returns == "none"
    storage.series.update_returns()
    storage.series.load_daily_prices(prices_of(0, 1))
    storage.series.load_daily_prices(price_table(closes("W0A", "2015-01-05", [7.0])))
    target = new_place("postgresql")
    assert copied(source, target).returns == "recomputed"
    storage.series.update_returns()
    assert copied(source, target).returns == "equal"
    storage.close()


# --- again --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["embedded", "postgresql"])
def test_a_killed_copy_goes_on_where_it_was(
    kind: str, workers: Forks, new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    source, target = new_place(OPPOSITE[kind]), new_place(kind)
    fill_with_everything(source, tmp_path / "archive")
    all_rows = 9 * 80 + 40 + len(AWKWARD_ROWS)
    steps = set()
    for moment in range(3, 200, 6):
        number = workers.start(copy, *source.arguments, *target.arguments, moment)
        ended, told = workers.hear()
        if ended == "done":
            break
        assert ended == "standing", told
        steps.add(told)
        kill(number)
    else:
        raise AssertionError("it never came to its end")
    assert steps >= {"copying prices", "copying candles", "copying runs"}
    assert told["prices"]["rows"] == all_rows
    assert told["prices"]["rows_copied"] == 0
    assert told["runs"]["copied"] < 6
    assert differences(source, target, with_past=False) == []


def test_a_copy_is_taken_up_where_it_stopped(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    left, right = storage_of(source), storage_of(target)

    def stop(step: str, done: int, total: int) -> None:
        if (step, done) == ("copying prices", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(left, right, progress=stop, rows_at_once=ROWS_AT_ONCE)
    there = len(right.series.daily_prices())
    assert 0 < there < 280
    report = copy_store(left, right, rows_at_once=ROWS_AT_ONCE)
    assert report.prices.rows_copied == 280 - there
    again = copy_store(left, right)
    assert (again.prices.rows, again.prices.rows_copied) == (280, 0)
    assert (again.runs.completed, again.runs.copied) == (2, 0)
    left.close()
    right.close()
    assert differences(source, target) == []


def test_what_the_source_gained_since_is_brought(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    copied(source, target)
    lab = source.open()
    lab.storage.series.load_daily_prices(prices_of(1, 5))
    lab.update_returns()
    lab.simulate({"W1A": 1.0}, calendar="24/7")
    lab.storage.close()
    with pytest.raises(CopyError, match="other prices already, SHARED 2015"):
        copied(source, target)
    report = copied(source, target, merge=True)
    assert report.prices.rows_copied == 80 + 40
    assert report.prices.adopted
    assert report.runs.copied == 1
    # The target had every state that the source had when it was copied.
    assert differences(source, target) == []


def test_a_server_killed_in_a_copy_is_no_harm(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    source = Place(tmp_path / "home", None)
    fill(source)
    target = Place(tmp_path / "team", own_server.url(own_server.create_database()))
    left, right = storage_of(source), storage_of(target)

    def die(step: str, done: int, total: int) -> None:
        if (step, done) == ("copying prices", 2):
            own_server.kill()

    with pytest.raises(DatabaseConnectionError) as caught:
        copy_store(left, right, progress=die, rows_at_once=ROWS_AT_ONCE)
    assert own_server.password not in str(caught.value)
    own_server.start()
    report = copy_store(left, right, rows_at_once=ROWS_AT_ONCE)
    assert report.prices.rows_copied < report.prices.rows
    right.close()
    assert differences(source, target) == []


# --- refused ------------------------------------------------------------------------


def add_prices(storage: Storage) -> None:
    storage.series.load_daily_prices(price_table(closes("OWN", "2015-01-05", [7.0])))


def add_scenario(storage: Storage) -> None:
    storage.catalog.save_scenario(Scenario("OWN", "가", "A", {"equity": 1.0}))


def change_scenario(storage: Storage) -> None:
    storage.catalog.save_scenario(Scenario("GROWTH", "가", "OWN", {"equity": 1.0}))


def add_run(storage: Storage) -> None:
    storage.runs.begin(new_record(7))
    storage.runs.fail(new_record(7).run_id, "OWN")


def add_candles(storage: Storage) -> None:
    candles = minutes("OWN", "2024-01-01T00:00", [1.0])
    storage.candles.load_candles(candle_table(candles))


@pytest.mark.parametrize(
    ("add", "words"),
    [
        (add_prices, "OWN 2015-01-05"),
        (add_scenario, "scenario OWN|a version of OWN"),
        (change_scenario, "scenario GROWTH|a version of GROWTH"),
        (add_run, f"run {new_record(7).run_id}"),
        (add_candles, r"OWN 2024-01-01T00:00"),
    ],
)
@pytest.mark.parametrize("kind", ["embedded", "postgresql"])
def test_a_target_with_content_of_its_own_is_refused_or_merged(
    kind: str,
    add: Callable[[Storage], None],
    words: str,
    new_place: Callable[[str], Place],
    tmp_path: Path,
) -> None:
    source, target = new_place(OPPOSITE[kind]), new_place(kind)
    fill(source)
    left, right = storage_of(source), storage_of(target)
    left.candles.load_candles(candle_table(THREE_SERIES))
    add(right)
    version = right.series.data_version()
    with pytest.raises(CopyError, match=rf"({words}).*Nothing was copied.*--merge"):
        copy_store(left, right)
    assert right.series.data_version() == version
    assert "W0A" not in set(right.series.coverage()["symbol"])
    assert not right.runs.records(status=RunStatus.COMPLETED)

    report = copy_store(left, right, merge=True)
    assert report.prices.rows_beside == (add is add_prices)
    assert report.prices.adopted == (add is not add_prices)
    assert report.candles.rows_beside == (add is add_candles)
    assert report.runs.completed == 2
    assert report.runs.other_data == (2 if add is add_prices else 0)
    names = {scenario.name for scenario in right.catalog.scenarios()}
    assert ("OWN" in names) == (add is add_scenario)
    assert right.catalog.scenario("GROWTH") == left.catalog.scenario("GROWTH")
    assert copy_store(left, right, merge=True).prices.rows_copied == 0
    left.close()
    right.close()


def test_merged_rows_become_the_sources(new_place: Callable[[str], Place]) -> None:
    source, target = new_place("postgresql"), new_place("embedded")
    fill(source)
    left, right = storage_of(source), storage_of(target)
    right.series.load_daily_prices(price_table(closes("W0A", "2015-01-01", [1.0] * 9)))
    right.series.load_daily_prices(price_table(closes("OWN", "2015-01-01", [1.0])))
    report = copy_store(left, right, merge=True)
    assert (report.prices.rows_copied, report.prices.rows_beside) == (280, 1)
    assert right.series.daily_prices(["W0A"]).equals(left.series.daily_prices(["W0A"]))
    lab = target.open()
    run_id = lab.run_records()[0].run_id
    with pytest.raises(ReproductionError, match="does not have the state"):
        lab.reproduce(run_id)
    left.close()
    right.close()


def test_another_run_of_the_same_id_stops_the_copy(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("embedded")
    left, right = storage_of(source), storage_of(target)
    left.runs.begin(new_record(3))
    left.runs.fail(new_record(3).run_id, "one")
    other = new_record(3, created_at=new_record(4).created_at)
    right.runs.begin(other)
    right.runs.fail(other.run_id, "another")
    with pytest.raises(CopyError, match=f"another run {other.run_id}"):
        copy_store(left, right)
    left.close()
    right.close()


def test_a_store_is_not_copied_to_itself(new_place: Callable[[str], Place]) -> None:
    place = new_place("embedded")
    fill(place)
    with pytest.raises(InputError, match="to itself"):
        copied(place, place)


# --- in use -------------------------------------------------------------------------


def test_a_load_into_the_target_meanwhile_is_noticed(
    new_place: Callable[[str], Place],
) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    left, right = storage_of(source), storage_of(target)

    def interfere(step: str, done: int, total: int) -> None:
        if (step, done) == ("copying prices", 1):
            add_prices(right)

    with pytest.raises(CopyError, match="somebody else loaded prices"):
        copy_store(left, right, progress=interfere, rows_at_once=ROWS_AT_ONCE)
    assert right.series.data_version() != left.series.data_version()
    left.close()
    right.close()


@pytest.mark.parametrize("kind", ["embedded", "postgresql"])
def test_the_source_is_copied_as_it_was_when_the_copy_began(
    kind: str, new_place: Callable[[str], Place]
) -> None:
    source, target = new_place(kind), new_place(OPPOSITE[kind])
    fill(source)
    lab = source.open()
    left, right = lab.storage, storage_of(target)
    version = left.series.data_version()
    before = left.series.daily_prices()
    deleted, kept = (record.run_id for record in lab.run_records())
    left.runs.begin(new_record(5))

    def use(step: str, done: int, total: int) -> None:
        if (step, done) == ("copying prices", 1):
            left.series.load_daily_prices(prices_of(1, 0))
            lab.simulate({"W1A": 1.0}, calendar="24/7")
            lab.delete_run(deleted)

    report = copy_store(left, right, progress=use, rows_at_once=ROWS_AT_ONCE)
    assert report.prices.data_version == version == right.series.data_version()
    assert right.series.daily_prices().equals(before)
    assert [record.run_id for record in right.runs.records()] == [kept]
    assert report.runs.running == 1
    left.runs.fail(new_record(5).run_id, "over")
    left.close()
    right.close()


def test_a_damaged_run_is_left_out_and_told(new_place: Callable[[str], Place]) -> None:
    source, target = new_place("embedded"), new_place("postgresql")
    fill(source)
    broken, whole = (r.run_id for r in storage_of(source).runs.records())
    shutil.rmtree(source.home / "data" / "runs" / broken)
    report = copied(source, target)
    assert report.runs.unreadable == (broken,)
    assert [r.run_id for r in storage_of(target).runs.records()] == [whole]


def test_a_full_disk_stops_the_copy_which_then_goes_on(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    try:
        source, target = Place(tmp_path / "home", None), Place(disk / "copy", None)
        fill(source)
        left, right = storage_of(source), storage_of(target)
        ballast = disk / "ballast"

        def run_full(step: str, done: int, total: int) -> None:
            if step == "copying prices" and not ballast.exists():
                free = shutil.disk_usage(disk).free
                ballast.write_bytes(b"\0" * free)

        with pytest.raises(DiskFullError):
            copy_store(left, right, progress=run_full)
        ballast.unlink()
        copy_store(left, right)
        left.close()
        right.close()
        assert differences(source, target) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


# --- the command --------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_copies_there_and_back(
    new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    source, team = new_place("embedded"), new_place("postgresql")
    fill(source)
    assert team.url is not None
    there = foresto("db", "copy", home=source.home, target=team.url)
    assert there.returncode == 0, there.stderr
    assert there.stderr == ""
    assert "280 rows compared, 280 of them copied now" in there.stdout
    assert "2 completed runs compared; 2 copied now" in there.stdout
    team.home.mkdir(parents=True, exist_ok=True)
    back = foresto(
        "db",
        "copy",
        "--to",
        str(tmp_path / "back"),
        "--json",
        home=team.home,
        database_url=team.url,
    )
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["prices"]["adopted"] is True
    password = team.url.split(":")[2].partition("@")[0]
    assert password not in there.stdout + back.stdout
    assert differences(source, Place(tmp_path / "back", None)) == []


@pytest.mark.slow
def test_the_command_says_what_is_wrong_in_a_sentence(
    new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    source, team = new_place("embedded"), new_place("postgresql")
    fill(source)
    target = Place(tmp_path / "target", None)
    with_own = target.open()
    add_prices(with_own.storage)
    refused = foresto("db", "copy", "--to", str(target.home), home=source.home)
    assert refused.returncode == 4
    assert "OWN 2015-01-05" in refused.stderr
    assert "--merge" in refused.stderr
    password = "s3cret-pass"
    wrong = str(team.url).replace(
        str(team.url).split(":")[2].partition("@")[0], password
    )
    denied = foresto("db", "copy", home=source.home, target=wrong)
    assert denied.returncode == 4
    assert denied.stderr.count("\n") == 1
    assert password not in denied.stderr
    (tmp_path / "no").mkdir()
    nowhere = foresto("db", "copy", "--to", str(tmp_path / "x"), home=tmp_path / "no")
    assert nowhere.returncode != 0
    assert not (tmp_path / "x").exists()
    with pytest.raises(StorageError):
        copied(source, target)
