"""Calling deltalake from a forked child, which cannot do it itself.

deltalake's threads do not survive a fork: once they run, every call in a child would
fail. Such a child therefore asks a fresh process. That is slower by the start of a
process, but needed only when the table has changed.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from foresto_lab.errors import StorageError

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_PROGRAM = "from foresto_lab.storage.lake.fresh_process import serve; serve()"
_PANIC = "PanicException"
_runs_here = False
_forked_after_start = False


def _note_fork() -> None:
    global _forked_after_start
    _forked_after_start = _forked_after_start or _runs_here


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def call_where_deltalake_works(
    function: Callable[Arguments, Answer],
    /,
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Answer:
    """Call a function here or, in a forked child, in a fresh process.

    What the function raises is raised here; a panic becomes a RuntimeError.
    """
    global _runs_here, _forked_after_start
    if not _forked_after_start:
        _runs_here = True
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            # A panic is no Exception, so that nobody catches it by mistake.
            if type(error).__name__ != _PANIC:
                raise
            if "Forked process detected" not in str(error):
                raise RuntimeError(str(error)) from error
            _forked_after_start = True  # somebody else's use of deltalake
    answer: Answer = _ask_fresh_process(function, args, kwargs)
    return answer


def _ask_fresh_process(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    try:
        finished = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input=pickle.dumps((function, args, kwargs)),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        raise _cannot_ask(lines[-1] if lines else str(error)) from error
    except OSError as error:
        raise _cannot_ask(str(error)) from error
    answered, answer = pickle.loads(finished.stdout)
    if not answered:
        raise answer
    return answer


def _cannot_ask(reason: str) -> StorageError:
    return StorageError(
        message="A forked process could not have the Delta log handled for it "
        f"({reason}). Start processes with multiprocessing's spawn method instead."
    )


def serve() -> None:
    """Answer the one call that comes on standard input."""
    function, args, kwargs = pickle.loads(sys.stdin.buffer.read())
    try:
        answer: tuple[bool, Any] = (True, function(*args, **kwargs))
    except Exception as error:
        answer = (False, error)
    try:
        content = pickle.dumps(answer)
    except Exception:
        content = pickle.dumps((False, StorageError(message=str(answer[1]))))
    sys.stdout.buffer.write(content)
