"""How kernels are compiled, and where the compiled code is kept.

Each kernel has one explicit signature, so that every process writes the same machine
code under the same name: any number of them may share the folder. The folder's name
carries a checksum of the engine's sources, as Numba looks only at the file that a
kernel stands in and not at the steps that it calls from others.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
import platformdirs

from foresto_lab._version import __version__

INPUT_1D: Final = numba.types.Array(numba.float64, 1, "C", readonly=True)
INPUT_2D: Final = numba.types.Array(numba.float64, 2, "C", readonly=True)
OUTPUT_1D: Final = numba.float64[::1]
OUTPUT_2D: Final = numba.float64[:, ::1]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled_kernel(signature: Any) -> Callable[[_Function], _Function]:
    """Compile a function for one signature; it runs without the GIL.

    The uncompiled function stays at ``.py_func``.
    """

    def compile_function(function: _Function) -> _Function:
        given = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(kernel_folder())
        try:
            decorate = numba.njit(
                signature, cache=True, nogil=True, error_model="numpy"
            )
            kernel: _Function = decorate(function)
            return kernel
        finally:
            numba.config.CACHE_DIR = given

    return compile_function


def kernel_step(function: _Function) -> _Function:
    """Compile a function as a part of the kernels that call it."""
    step: _Function = numba.njit(nogil=True, error_model="numpy")(function)
    return step


def bare_step(function: _Function) -> _Function:
    """Compile a part of kernels that makes no array: it counts no references either.

    Counting them costs more than a short step does.
    """
    step: _Function = numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)
    return step


def inlined_step(function: _Function) -> _Function:
    """Compile a small function, one that makes no array, into the place of its call.

    It counts no references to the arrays it is given.
    """
    step: _Function = numba.njit(
        nogil=True, error_model="numpy", forceinline=True, _nrt=False
    )(function)
    return step


@cache
def kernel_folder() -> Path:
    """Return the folder for compiled kernels, one this process can write to."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    base = (
        Path(given)
        if given
        else Path(platformdirs.user_cache_dir("foresto_lab", False))
    )
    folder = base / f"kernels-{__version__}-{_source_checksum()}"
    return folder if _is_writable(folder) else _private_folder()


def _source_checksum() -> str:
    sources = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(path.read_bytes())
    return sources.hexdigest()[:12]


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _private_folder() -> Path:
    """Return a folder of this process's own, removed when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="foresto-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
