from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.runs.request import SimulationRequest, request_hash
from foresto_lab.types import Execution, RunKind

WEIGHTS = {"equity": 0.15, "bond": 0.45}
INSTRUMENTS = {"equity": "069500", "bond": "152380"}
RULE = {"type": "PERIODIC", "frequency": "MONTHLY"}


def request(**changes: Any) -> SimulationRequest:
    given = {
        "weights": WEIGHTS,
        "instruments": INSTRUMENTS,
        "start": date(2015, 1, 2),
        "rebalancing": RULE,
        "scenario": "MIN_VOL",
        **changes,
    }
    return SimulationRequest(**given)


def hash_of(
    asked: SimulationRequest | None = None,
    *,
    kind: RunKind = RunKind.SIMULATION,
    engine_version: str = "0.1.0",
    versions: dict[str, str] | None = None,
    data_version: str = "7",
) -> str:
    return request_hash(
        kind,
        asked or request(),
        engine_version=engine_version,
        versions=versions or {"MIN_VOL": "1.0.0"},
        data_version=data_version,
    )


def test_a_request_reads_back_as_it_was() -> None:
    given = request(execution="next_close", end=date(2024, 12, 31))
    written = json.loads(json.dumps(given.to_dict()))
    read = SimulationRequest.from_dict(written)
    assert read == given
    assert read.execution is Execution.NEXT_CLOSE
    assert read.start == date(2015, 1, 2)
    assert list(read.weights) == ["equity", "bond"]


def test_a_field_of_a_newer_version_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="currency"):
        SimulationRequest.from_dict({**request().to_dict(), "currency": "KRW"})


def test_a_request_cannot_be_changed_from_outside() -> None:
    weights = dict(WEIGHTS)
    asked = request(weights=weights)
    weights["equity"] = 0.99
    assert asked.weights["equity"] == 0.15
    with pytest.raises(TypeError):
        asked.weights["equity"] = 0.5  # type: ignore[index]


def test_the_hash_is_the_sha256_of_the_canonical_json() -> None:
    asked = request(
        weights={"a": 1.0},
        instruments={"a": "A"},
        start=None,
        rebalancing=None,
        scenario=None,
    )
    text = (
        '{"data_version":"7","engine_version":"0.1.0","kind":"simulation","request":'
        '{"calendar":"XKRX","cashflows":null,"costs":null,"end":null,'
        '"execution":"close","initial_amount":1000000,"instruments":{"a":"A"},'
        '"price_field":"adj_close","rebalancing":null,"scenario":null,"start":null,'
        '"weights":{"a":1}},"versions":{"MIN_VOL":"1.0.0"}}'
    )
    assert hash_of(asked) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "same",
    [
        {"weights": dict(reversed(WEIGHTS.items()))},
        {"instruments": dict(reversed(INSTRUMENTS.items()))},
        {"initial_amount": 1_000_000},
        {"rebalancing": dict(reversed(RULE.items()))},
        {"execution": Execution.CLOSE},
    ],
)
def test_what_is_the_same_request_has_the_same_hash(same: dict[str, Any]) -> None:
    assert hash_of(request(**same)) == hash_of()


@pytest.mark.parametrize(
    "other",
    [
        {"weights": {"equity": 0.15, "bond": 0.45000000000000007}},
        {"instruments": {**INSTRUMENTS, "equity": "SPY"}},
        {"start": None},
        {"end": date(2024, 12, 31)},
        {"initial_amount": 1_000_001},
        {"rebalancing": None},
        {"calendar": "XNYS"},
        {"execution": "next_close"},
        {"price_field": "close"},
        {"scenario": None},
    ],
)
def test_what_can_change_a_number_changes_the_hash(other: dict[str, Any]) -> None:
    assert hash_of(request(**other)) != hash_of()


def test_versions_and_data_change_the_hash() -> None:
    hashes = {
        hash_of(),
        hash_of(kind=RunKind.REPORT),
        hash_of(engine_version="0.1.1"),
        hash_of(versions={"MIN_VOL": "1.0.1"}),
        hash_of(data_version="8"),
    }
    assert len(hashes) == 5


@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_hash(amount: float) -> None:
    with pytest.raises(InputError, match="initial_amount"):
        hash_of(request(initial_amount=amount))
