"""The indicators' kernels: compiled as plain, and as slow twins on lumpy series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.engine import indicators as kernels
from foresto_lab.types import Float64Array1D
from tests.oracles import indicators as oracle

LUMPY = st.lists(
    st.sampled_from([99.5, 100.0, 100.0, 100.0, 101.25, 130.0]), min_size=1, max_size=60
)
VOLUMES = st.lists(st.sampled_from([0.0, 0.0, 0.1, 3.0, 1e6]), min_size=60, max_size=60)


def frame_of(closes: list[float], volumes: list[float]) -> pd.DataFrame:
    index = pd.date_range("2024-01-01", periods=len(closes), freq="5h", tz="UTC")
    columns = dict.fromkeys(("open", "high", "low", "close"), np.array(closes))
    return pd.DataFrame({**columns, "volume": volumes[: len(closes)]}, index=index)


def outputs_of(kernel: Any, *inputs: Any, n_outputs: int = 1) -> list[Float64Array1D]:
    outputs = [np.full(len(inputs[0]), 7.0) for _ in range(n_outputs)]
    kernel(*inputs, *outputs)
    return outputs


def require_close(found: Float64Array1D, expected: list[float]) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@given(closes=LUMPY, period=st.integers(1, 70))
@settings(deadline=None)
def test_cutlers_rsi(closes: list[float], period: int) -> None:
    (values,) = outputs_of(kernels.cutler_rsi_kernel, np.array(closes), period)
    expected = oracle.rsi_sma(frame_of(closes, [1.0] * 60), period)["rsi_sma"]
    require_close(values, expected)


@given(closes=LUMPY, period=st.integers(1, 70))
@settings(deadline=None)
def test_moments(closes: list[float], period: int) -> None:
    means, deviations = outputs_of(
        kernels.rolling_moments_kernel, np.array(closes), period, n_outputs=2
    )
    windows = pd.Series(closes).rolling(period)
    require_close(means, windows.mean().to_list())
    np.testing.assert_allclose(deviations, windows.std(ddof=0), rtol=1e-7, atol=1e-6)


@given(closes=LUMPY, volumes=VOLUMES, period=st.integers(1, 70))
@settings(deadline=None)
def test_means_by_volume(
    closes: list[float], volumes: list[float], period: int
) -> None:
    frame = frame_of(closes, volumes)
    weights = frame["volume"].to_numpy()
    (values,) = outputs_of(
        kernels.rolling_weighted_mean_kernel, np.array(closes), weights, period
    )
    require_close(values, oracle.vwap_rolling(frame, period)["vwap_rolling"])
    days = frame.index.as_unit("us").astype(np.int64).to_numpy() // 86_400_000_000
    (values,) = outputs_of(
        kernels.anchored_mean_kernel, np.array(closes), weights, days
    )
    require_close(values, oracle.vwap(frame)["vwap"])


@pytest.mark.parametrize("n_bars", [0, 1, 5, 200])
@pytest.mark.parametrize("period", [1, 7, 300])
def test_compiled_is_plain_to_the_last_bit(n_bars: int, period: int) -> None:
    draw = np.random.default_rng(n_bars)
    series = np.round(draw.normal(100, 3, n_bars), 1)
    weights = np.maximum(np.round(draw.normal(0, 2, n_bars)), 0)
    groups = np.arange(n_bars) // 24
    calls: list[tuple[Any, tuple[Any, ...], int]] = [
        (kernels.cutler_rsi_kernel, (series, period), 1),
        (kernels.rolling_moments_kernel, (series, period), 2),
        (kernels.rolling_weighted_mean_kernel, (series, weights, period), 1),
        (kernels.anchored_mean_kernel, (series, weights, groups), 1),
    ]
    for kernel, inputs, count in calls:
        compiled = outputs_of(kernel, *inputs, n_outputs=count)
        with np.errstate(all="ignore"):
            plain = outputs_of(kernel.py_func, *inputs, n_outputs=count)
        for one, other in zip(compiled, plain, strict=True):
            np.testing.assert_array_equal(one, other)
