"""Compiling changes no bit; compiled code is kept where many processes may share it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from foresto_lab.engine import _compile
from tests.oracles.engine_runs import run_kernels

SIMULATE = (
    "import numpy as np, foresto_lab.engine as e;"
    "n = np.empty(3); z = np.zeros(3, bool); i = np.empty(3, np.int64);"
    "print(e.walk_kernel(np.ones((1, 3)), np.array([1.0, 0.0]), 5.0, z, 0, 1.0, False,"
    " False, False, 0.0, n, np.empty((1, 3)), i, i, np.empty((3, 4)),"
    " np.empty((3, 2, 1))), n)"
)


def python(code: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *code],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def test_compiled_kernels_are_plain_python_to_the_last_bit(tmp_path: Path) -> None:
    file = tmp_path / "plain.npz"
    finish(
        python(["-m", "tests.oracles.engine_runs", str(file)], NUMBA_DISABLE_JIT="1")
    )
    compiled = run_kernels()
    with np.load(file) as plain:
        assert set(plain.files) == set(compiled)
        for name in plain.files:
            np.testing.assert_array_equal(plain[name], compiled[name], err_msg=name)


def test_the_folder_changes_with_the_sources_and_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    find = _compile.kernel_folder.__wrapped__
    first = find()
    assert first.parent == tmp_path
    monkeypatch.setattr(_compile, "_source_checksum", lambda: "othersources")
    assert find() != first
    monkeypatch.setattr(_compile, "__version__", "99.0.0")
    assert "99.0.0" in find().name


def test_the_folder_is_the_users_cache_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(
        _compile.platformdirs, "user_cache_dir", lambda *_: str(tmp_path / "cache")
    )
    assert _compile.kernel_folder.__wrapped__().parent == tmp_path / "cache"


def test_a_folder_that_cannot_be_written_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    folder = _compile.kernel_folder.__wrapped__()
    assert blocked not in folder.parents
    (folder / "kernel").write_text("can be written")
    assert blocked.read_text() == "in the way"


@pytest.mark.slow
def test_processes_that_begin_at_once_share_one_cold_folder(tmp_path: Path) -> None:
    folder = {"NUMBA_CACHE_DIR": str(tmp_path)}
    processes = [python(["-c", SIMULATE], **folder) for _ in range(2)]
    outputs = [finish(process) for process in processes]
    outputs.append(finish(python(["-c", SIMULATE], **folder)))
    assert {output.strip() for output in outputs} == {"(0, 0.0, 0.0) [5. 5. 5.]"}


def test_a_users_own_kernels_keep_their_own_folder() -> None:
    import numba

    import foresto_lab.engine  # noqa: F401

    given = os.environ.get("NUMBA_CACHE_DIR", "")
    assert given == numba.config.CACHE_DIR
