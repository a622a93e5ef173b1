"""Indicators of Python code: what they declare, what is refused, how they fail."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import (
    AmountError,
    IndicatorCodeError,
    IndicatorFailedError,
    InputError,
    UntrustedCodeError,
)
from foresto_lab.indicators import (
    IndicatorUse,
    PythonIndicator,
    built_in_indicators,
    check_code,
    compute_indicators,
    python_indicator,
)
from foresto_lab.indicators.python.worker import Worker
from foresto_lab.market.candle_table import CandleTable

MEAN = """
import pandas as pd

SUMMARY = "Mean of the closes."
PARAMETERS = {"period": {"default": 14, "low": 2, "high": 200}}
WARM_UP = {"period": 1, "bars": -1}

def compute(candles, period):
    return candles["close"].rolling(period).mean()
"""
BANDS = """
OUTPUTS = ["above", "below"]

def compute(candles):
    return {"above": candles["high"] * 2, "below": list(candles["low"] / 2)}
"""


def indicator_of(body: str, **options: Any) -> PythonIndicator:
    """Return an indicator whose compute has this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    code = (
        f"import numpy as np\nimport pandas as pd\n\ndef compute(candles):\n{lines}\n"
    )
    return PythonIndicator.from_code(code, name="own", **options)


def failure_of(body: str, table: CandleTable, worker: Worker, **options: Any) -> str:
    options["worker"] = worker
    with pytest.raises(IndicatorFailedError) as caught:
        indicator_of(body, **options).compute(table)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def test_it_gives_what_its_code_computes(walked_candles: CandleTable) -> None:
    mean = PythonIndicator.from_code(MEAN, name="Mean")
    assert (mean.name, mean.source, mean.outputs) == ("mean", "python", ("mean",))
    assert (mean.warm_up(), mean.warm_up({"period": 20})) == (13, 19)
    values = mean.compute(walked_candles, {"period": 20})["mean"]
    expected = pd.Series(walked_candles.close).rolling(20).mean()
    np.testing.assert_array_equal(values, expected)
    with pytest.raises(AmountError, match="from 2 to 200"):
        mean.compute(walked_candles, {"period": 1})


def test_several_outputs_and_a_catalog(walked_candles: CandleTable) -> None:
    bands = PythonIndicator.from_code(BANDS, name="bands")
    catalog = built_in_indicators().extended([bands])
    columns = compute_indicators(walked_candles, [IndicatorUse("bands")], catalog)
    np.testing.assert_array_equal(columns["above"], walked_candles.high * 2)
    np.testing.assert_array_equal(columns["below"], walked_candles.low / 2)
    assert "bands" not in built_in_indicators()


def test_it_reads_time_and_volume_and_sees_candles_of_its_own(
    walked_candles: CandleTable,
) -> None:
    body = "hour = candles.index.hour\ncandles['close'] = 0.0\nreturn np.asarray(hour)"
    values = indicator_of(body).compute(walked_candles)["own"]
    np.testing.assert_array_equal(values, walked_candles.index.hour)
    assert (walked_candles.close > 0).all()


def test_short_and_no_candles_run_nothing(walked_candles: CandleTable) -> None:
    mean = PythonIndicator.from_code(MEAN, name="mean")
    for n_bars in (0, 1, 13):
        values = mean.compute(walked_candles.first(n_bars))["mean"]
        assert values.shape == (n_bars,)
        assert np.isnan(values).all()


def test_one_that_raises_says_its_last_line(
    walked_candles: CandleTable, worker: Worker
) -> None:
    said = failure_of("x = 1\nreturn candles['closing']", walked_candles, worker)
    assert said == "Indicator own failed: KeyError: 'closing' (line 6 of its code)."


def test_one_that_loops_for_ever_is_stopped(walked_candles: CandleTable) -> None:
    said = failure_of("while True:\n    pass", walked_candles, Worker(), time_limit=1.5)
    assert said == (
        "Indicator own failed: it was stopped, as it took longer than 1.5 seconds."
    )


def test_one_that_was_stopped_can_run_again(walked_candles: CandleTable) -> None:
    body = "while len(candles) > 100:\n    pass\nreturn candles['close']"
    indicator = indicator_of(body, time_limit=3.0)
    with pytest.raises(IndicatorFailedError):
        indicator.compute(walked_candles)
    values = indicator.compute(walked_candles.first(100))["own"]
    np.testing.assert_array_equal(values, walked_candles.close[:100])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return candles['close'].iloc[:-1]", "2,999 rows under another index"),
        ("return np.zeros(7)", "column own has 7 values, and there are 3,000 candles"),
        ("return np.zeros((3000, 2))", "3,000 x 2 values"),
        ("return {'own': 1.0}", "one value"),
        ("return None", "it returned NoneType"),
        ("return 'up'", "it returned str"),
        ("return candles[['close', 'open']]", "columns close, open, and declares own"),
        ("return {}", "columns none"),
        ("return ['a'] * 3000", "what is no number"),
        ("return candles.index", "it returned DatetimeIndex"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError", "ValueError (line 5 of its code)"),
        ("return np.zeros(10**13)", "memory"),
    ],
)
def test_what_is_no_column_per_output_is_refused(
    body: str, said: str, walked_candles: CandleTable, worker: Worker
) -> None:
    assert said in failure_of(body, walked_candles, worker)


def test_a_process_that_dies_is_told(walked_candles: CandleTable) -> None:
    code = "import os\ndef compute(candles):\n    os.kill(os.getpid(), 9)\n"
    own = PythonIndicator.from_code(code, name="own", allow_imports=True)
    with pytest.raises(IndicatorFailedError, match="its process ended by signal 9"):
        own.compute(walked_candles)


def test_no_run_sees_what_another_left(walked_candles: CandleTable) -> None:
    body = "pd.seen = getattr(pd, 'seen', 0) + 1\nreturn candles['close'] * 0 + pd.seen"
    own = indicator_of(body)
    for _ in range(3):
        assert own.compute(walked_candles)["own"][0] == 1


def test_what_it_prints_goes_nowhere(
    walked_candles: CandleTable, capfd: pytest.CaptureFixture[str]
) -> None:
    values = indicator_of("print('hello')\nreturn candles['close']").compute(
        walked_candles
    )
    np.testing.assert_array_equal(values["own"], walked_candles.close)
    assert capfd.readouterr() == ("", "")


def test_the_environment_names_no_database(
    walked_candles: CandleTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESTO_DATABASE_URL", "postgresql://user:secret@host/db")
    code = (
        "import os\ndef compute(candles):\n"
        "    return candles['close'] * ('FORESTO_DATABASE_URL' in os.environ)\n"
    )
    own = PythonIndicator.from_code(code, name="own", allow_imports=True)
    assert not own.compute(walked_candles)["own"].any()


def test_it_crosses_process_borders(walked_candles: CandleTable) -> None:
    mean = PythonIndicator.from_code(MEAN, name="mean")
    before = mean.compute(walked_candles)["mean"]
    again = pickle.loads(pickle.dumps(mean))
    assert again.checksum == mean.checksum
    np.testing.assert_array_equal(again.compute(walked_candles)["mean"], before)


@pytest.mark.parametrize(
    ("line", "code", "named"),
    [
        ("import os", "PYTHON_IMPORT", "os"),
        ("import numpy, subprocess", "PYTHON_IMPORT", "subprocess"),
        ("from socket import socket", "PYTHON_IMPORT", "socket"),
        ("from . import secrets", "PYTHON_IMPORT", "."),
        ("import os.path as p", "PYTHON_IMPORT", "os.path"),
        ("open('/etc/passwd')", "PYTHON_REACH", "open"),
        ("x = __import__('os')", "PYTHON_REACH", "__import__"),
        ("x = ().__class__.__bases__", "PYTHON_REACH", "__class__"),
        ("import pandas\nx = pandas.read_csv('f')", "PYTHON_REACH", "read_csv"),
        ("def compute(:", "PYTHON_SYNTAX", "line 1"),
    ],
)
def test_code_that_reaches_out_is_refused_unless_allowed(
    line: str, code: str, named: str
) -> None:
    whole = f"{line}\ndef compute(candles):\n    return candles['close']\n"
    findings = check_code(whole)
    assert code in {finding.code for finding in findings}
    assert any(named in finding.message for finding in findings)
    with pytest.raises(IndicatorCodeError, match="is refused"):
        PythonIndicator.from_code(whole, name="own")
    if code != "PYTHON_SYNTAX":
        PythonIndicator.from_code(whole, name="own", allow_imports=True)


def test_code_that_only_computes_has_no_findings() -> None:
    assert check_code(MEAN) == []
    assert check_code(BANDS) == []


def test_code_without_compute_is_refused_always() -> None:
    with pytest.raises(IndicatorCodeError, match="no function compute"):
        PythonIndicator.from_code("x = 1", name="own", allow_imports=True)


@pytest.mark.parametrize(
    "declared",
    [
        "PARAMETERS = [14]",
        "PARAMETERS = {'period': {'low': 2}}",
        "PARAMETERS = {'period': {'default': 1, 'low': 2}}",
        "PARAMETERS = {'period': {'default': 14, 'minimum': 2}}",
        "PARAMETERS = {'period': None}",
        "PARAMETERS = dict(period=14)",
        "OUTPUTS = []",
        "OUTPUTS = ['a', 'a']",
        "OUTPUTS = 7",
        "OUTPUTS = ['Close']",
        "OUTPUTS = ['two words']",
        "WARM_UP = {'length': 1}",
        "WARM_UP = 'long'",
    ],
)
def test_declarations_that_cannot_be_are_refused(declared: str) -> None:
    code = f"{declared}\ndef compute(candles):\n    return candles['close']\n"
    with pytest.raises(InputError):
        PythonIndicator.from_code(code, name="own")


def test_a_name_of_a_column_is_refused() -> None:
    with pytest.raises(InputError, match="no column of the candles"):
        PythonIndicator.from_code(MEAN, name="close")


@dataclass
class Definition:
    """A registered definition, as far as an indicator needs it."""

    name: str = "mean"
    version: str = "1.2.0"
    code: str = MEAN
    content: dict[str, Any] = field(default_factory=dict)
    checksum: str = "c" * 64


@dataclass
class Trusting:
    """Trusts these checksums."""

    trusted: set[str]

    def require_trusted(self, definition: Any) -> None:
        if definition.checksum not in self.trusted:
            raise UntrustedCodeError(
                kind="Indicator", reference="mean@1.2.0", checksum=definition.checksum
            )


def test_untrusted_code_never_runs(walked_candles: CandleTable) -> None:
    with pytest.raises(UntrustedCodeError, match="registry trust"):
        python_indicator(Definition(), Trusting(set()))
    trust = Trusting({"c" * 64})
    mean = python_indicator(Definition(), trust)
    assert (mean.version, mean.checksum) == ("1.2.0", "c" * 64)
    assert mean.compute(walked_candles)["mean"][13] > 0
    trust.trusted.clear()
    with pytest.raises(UntrustedCodeError):
        mean.compute(walked_candles)


class TrustingImports(Trusting):
    """Trusts these checksums with their imports."""

    def allows_imports(self, definition: Any) -> bool:
        return definition.checksum in self.trusted


def test_trusted_code_imports_only_what_was_allowed() -> None:
    importing = Definition(code=f"import os\n{MEAN}")
    with pytest.raises(IndicatorCodeError, match="imports os"):
        python_indicator(importing, Trusting({"c" * 64}))
    assert python_indicator(importing, Trusting({"c" * 64}), allow_imports=True)
    assert python_indicator(importing, TrustingImports({"c" * 64}))


def test_what_the_registry_says_stands_before_the_code() -> None:
    content = {"parameters": {"period": 7}, "outputs": ["smooth"], "warm_up": {}}
    mean = python_indicator(Definition(content=content), Trusting({"c" * 64}))
    assert mean.outputs == ("smooth",)
    assert mean.warm_up() == 6
