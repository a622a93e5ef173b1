"""Tasks handed out until all are done, whatever becomes of workers meanwhile.

A worker that is lost takes with it the task that it was at, which the scheduler hands
to another, and its copy of the data. When that was the only copy, every task that
waits for it is called off: those go out again in another round, the data with them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Any, Final, Protocol

from foresto_lab.cluster.connection import Connection
from foresto_lab.errors import ClusterError, WorkerLostError

ROUNDS: Final = 4
"""Rounds in a row that may end without one task done."""
NO_WORKER_SECONDS: Final = 60.0
"""How long there may be no worker at all."""
_LOOK_SECONDS: Final = 1.0
_CALLED_OFF: Final = object()


class Send(Protocol):
    """Puts data with the workers, and returns what stands for it there."""

    def __call__(self, *, again: bool) -> Any:
        """Return it; sent ``again`` when the workers may have lost it."""
        ...


def in_rounds(
    connection: Connection,
    function: Callable[..., Any],
    send: Send,
    arguments: list[tuple[Any, ...]],
    *,
    lost_as: Callable[[WorkerLostError], Any] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Yield the place of each task with its answer, as they come.

    Parameters
    ----------
    connection : Connection
    function : callable
        Given what stands for the data and a task's arguments.
    send : callable
    arguments : list of tuple
        Of each task.
    lost_as : callable, optional
        What to yield for a task over which workers were lost again and again.

    Raises
    ------
    WorkerLostError
        Workers were lost again and again over the same task, or all of them for good.
    ClusterError
        The scheduler was lost.
    """
    waiting = dict(enumerate(arguments))
    fruitless, again = 0, False
    while waiting:
        if fruitless >= ROUNDS:
            lost = _lost(connection, len(waiting))
            if lost_as is None:
                raise lost
            yield from [(place, lost_as(lost)) for place in waiting]
            return
        before = len(waiting)
        for place, answer in _one_round(connection, function, send, waiting, again):
            del waiting[place]
            if isinstance(answer, WorkerLostError):
                if lost_as is None:
                    raise answer
                answer = lost_as(answer)
            yield place, answer
        fruitless = 0 if len(waiting) < before else fruitless + 1
        again = True


def in_order(answers: Iterator[tuple[int, Any]]) -> Iterator[Any]:
    """Yield answers by their places, each as soon as all before it are there."""
    held: dict[int, Any] = {}
    following = 0
    for place, answer in answers:
        held[place] = answer
        while following in held:
            yield held.pop(following)
            following += 1


def _one_round(
    connection: Connection,
    function: Callable[..., Any],
    send: Send,
    waiting: dict[int, tuple[Any, ...]],
    again: bool,
) -> Iterator[tuple[int, Any]]:
    """Hand all out once; yield what was answered, leave out what was called off."""
    data = send(again=again)
    places = {
        connection.client.submit(function, data, *given, pure=False): place
        for place, given in list(waiting.items())
    }
    open_tasks = set(places)
    ended: Queue[Any] = Queue()
    for future in places:
        future.add_done_callback(ended.put)
    seen = time.monotonic()
    try:
        while open_tasks:
            seen = _require_workers(connection, seen)
            try:
                future = ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            try:
                answer = _answer(connection, future)
            except TimeoutError:
                if future.status == "error":
                    raise
                ended.put(future)  # lost with its worker, and being done again
                continue
            open_tasks.discard(future)
            if answer is not _CALLED_OFF:
                yield places[future], answer
    finally:
        connection.let_go(open_tasks)


def _answer(connection: Connection, future: Any) -> Any:
    """Return the answer of a task that has ended, or that it was called off."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    if future.status in ("cancelled", "lost"):
        return _CALLED_OFF
    try:
        return future.result(timeout=_LOOK_SECONDS)
    except FutureCancelledError:
        return _CALLED_OFF
    except KilledWorker:
        return _lost(connection, 1)


def _require_workers(connection: Connection, seen: float) -> float:
    """Return when a worker was last seen; raise when that is too long ago."""
    now = time.monotonic()
    if not connection.is_alive():
        raise ClusterError(
            address=connection.address,
            message=f"The connection to the scheduler at {connection.address} was "
            "lost. What was found until then is kept; run the search again to go on.",
        )
    if connection.has_workers():
        return now
    if now - seen > NO_WORKER_SECONDS:
        raise WorkerLostError(
            address=connection.address,
            message=f"All workers were lost, and none came back for "
            f"{NO_WORKER_SECONDS:.0f} s. Start workers again, or search without them.",
        )
    return seen


def _lost(connection: Connection, tasks: int) -> WorkerLostError:
    return WorkerLostError(
        address=connection.address,
        message=f"Workers ended again and again over the same work ({tasks:,} "
        f"{'task' if tasks == 1 else 'tasks'} left undone). They may run out of "
        "memory, or the strategy ends its process: try one combination of it with "
        "fl.backtest, or search without workers.",
    )
