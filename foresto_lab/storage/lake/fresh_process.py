"""Calling deltalake from a forked child, which cannot do it itself.

deltalake's threads do not survive a fork, and every call in the child would fail. A
child of a process that has loaded deltalake therefore asks a fresh process: slower by
its start, about half a second, but only when the table has changed.
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
_forked_after_use = False


def _note_fork() -> None:
    global _forked_after_use
    _forked_after_use = _forked_after_use or "deltalake" in sys.modules


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def call_where_deltalake_works(
    function: Callable[Arguments, Answer],
    /,
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Answer:
    """Call a function here or, in a forked child, in a fresh process.

    What the function raises is raised here.
    """
    if _forked_after_use:
        answer: Answer = _ask_fresh_process(function, args, kwargs)
        return answer
    return function(*args, **kwargs)


def _ask_fresh_process(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=pickle.dumps((function, args, kwargs)),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        check=False,
    )
    if finished.returncode:
        reason = finished.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise StorageError(
            message=f"A forked process could not have the Delta log read for it: "
            f"{''.join(reason)} Start processes with the spawn method instead."
        )
    answered, answer = pickle.loads(finished.stdout)
    if not answered:
        raise answer
    return answer


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
