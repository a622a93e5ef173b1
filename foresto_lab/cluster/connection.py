"""A scheduler that is there, and workers that belong to it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from foresto_lab._version import __version__
from foresto_lab.cluster.tasks import package_version
from foresto_lab.errors import (
    AmountError,
    ClusterError,
    ClusterUnreachableError,
    InputError,
)

if TYPE_CHECKING:
    from distributed import Client

    from foresto_lab.cluster.local import LocalWorkers

CONNECT_SECONDS: Final = 10.0
"""How long a scheduler may take to answer, and to have a worker."""
SMALL_BYTES: Final = 50_000
START_SECONDS: Final = 120.0
"""How long workers of this machine may take to start, on a busy one."""


@dataclass(eq=False)
class Connection:
    """A client of a scheduler, and the workers that were started for it, if any.

    Parameters
    ----------
    client : Client
    local : LocalWorkers, optional
    """

    client: Client  # untyped, as all of that library
    address: str
    local: LocalWorkers | None = None

    def threads(self) -> int:
        """Return how many tasks the workers do at the same time, 1 at least."""
        if self.local is not None:
            return self.local.count
        return max(1, sum(map(int, self.client.nthreads().values())))

    def is_alive(self) -> bool:
        """Return whether the scheduler is still there."""
        return bool(self.client.status == "running")

    def has_workers(self) -> bool:
        """Return whether there is a worker now."""
        return bool(self.client.nthreads())

    def let_go(self, tasks: Iterable[Any]) -> None:
        """Call off tasks that nobody waits for any more."""
        left = list(tasks)
        if left and self.is_alive():
            with suppress(Exception):
                self.client.cancel(left, force=True)

    def send(self, held: Any) -> Any:
        """Put a copy of this with each worker; return what stands for it."""
        self.wait_for_workers()
        try:
            return self.client.scatter(held, broadcast=True, hash=False)
        except TypeError as error:
            raise InputError(
                message=f"{type(held).__name__} cannot be sent to workers "
                f"({_reason(error)}). A strategy must hold nothing that belongs to "
                "this process alone, such as an open file; or search without workers."
            ) from None

    def wait_for_workers(self) -> None:
        """Wait until there is a worker."""
        if self.has_workers():
            return
        seconds = CONNECT_SECONDS if self.local is None else START_SECONDS
        try:
            self.client.wait_for_workers(1, timeout=seconds)
        except TimeoutError:
            raise no_workers(self.address, seconds, self.local) from None

    def close(self) -> None:
        """Let go of the scheduler; end what was started here."""
        with suppress(Exception):
            self.client.close()
        if self.local is not None:
            self.local.close()


def connect(
    address: str | None,
    workers: int | None,
    timeout: float = CONNECT_SECONDS,
    *,
    show_errors: bool = False,
) -> Connection:
    """Return a connection to a scheduler, or to workers that are started here."""
    if address is not None and workers is not None:
        raise InputError(
            message="Both a scheduler's address and a number of workers are given. The "
            "scheduler has its own workers: leave the number out."
        )
    if address is None:
        return _connect_here(workers, show_errors)
    client = _client(str(address), timeout)
    connection = Connection(client, str(address))
    try:
        client.wait_for_workers(1, timeout=timeout)
        _require_version(connection)
    except TimeoutError:
        connection.close()
        raise no_workers(str(address), timeout, None) from None
    except BaseException:
        connection.close()
        raise
    return connection


def no_workers(
    address: str, seconds: float, local: LocalWorkers | None
) -> ClusterError:
    """Return what is to be said when there is no worker."""
    if local is None:
        return ClusterUnreachableError(
            address=address,
            message=f"The scheduler at {address} answers, but had no worker for "
            f"{seconds:.0f} s. Start some with `dask worker {address} --nthreads 1` "
            "where foresto_lab is installed.",
        )
    return ClusterError(
        message=f"No worker of this machine started within {seconds:.0f} s. "
        f"{local.last_words() or 'Nothing was said why.'}"
    )


def is_small(held: Any) -> bool:
    """Return whether this is quicker sent with each task than kept at the workers."""
    from distributed.protocol.pickle import dumps

    if not isinstance(held, partial | FunctionType):
        return False
    try:
        return len(dumps(held)) <= SMALL_BYTES
    except Exception:  # whoever sends it says what is wrong with it
        return False


# --- reaching one -------------------------------------------------------------------


def _connect_here(workers: int | None, show_errors: bool) -> Connection:
    from foresto_lab.cluster.local import LocalWorkers, available_cores

    count = available_cores() if workers is None else workers
    if isinstance(count, bool) or not hasattr(count, "__index__") or count < 1:
        allowed = "a whole number, 1 or more"
        raise AmountError(parameter="workers", given=workers, allowed=allowed)
    local = LocalWorkers(int(count), show_errors=show_errors)
    try:
        connection = Connection(
            _client(local.address, CONNECT_SECONDS), local.address, local
        )
        connection.client.wait_for_workers(local.count, timeout=START_SECONDS)
    except TimeoutError:
        words = no_workers(local.address, START_SECONDS, local)
        local.close()
        raise words from None
    except BaseException:
        local.close()
        raise
    return connection


def _client(address: str, timeout: float) -> Client:
    """Return a client of the scheduler at an address."""
    import dask
    from distributed import Client

    waits = {"distributed.comm.timeouts.connect": timeout}
    try:
        with quiet(), dask.config.set(waits):
            return Client(
                address, timeout=timeout, set_as_default=False, name="foresto"
            )
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise ClusterUnreachableError(
            address=address,
            message=f"No Dask scheduler answers at {address} ({_reason(error)}; waited "
            f"up to {timeout:.0f} s). Start one with `dask scheduler`, and give the "
            "address it prints, such as tcp://10.0.0.5:8786.",
        ) from None


def _reason(error: BaseException) -> str:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause).strip().splitlines()[0][:120] if str(cause) else "no answer"


def _require_version(connection: Connection) -> None:
    """Raise ClusterError unless the workers run this very version."""
    try:
        told = connection.client.run(package_version)
    except Exception as error:
        raise ClusterError(
            address=connection.address,
            message=f"The workers at {connection.address} cannot run foresto_lab "
            f"({_reason(error)}). Install foresto_lab {__version__} there.",
        ) from None
    others = sorted({version for version in told.values() if version != __version__})
    if others:
        raise ClusterError(
            address=connection.address,
            message=f"The workers at {connection.address} have foresto_lab "
            f"{', '.join(map(str, others))}; this is {__version__}. Install the same "
            "version everywhere: numbers could differ.",
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to itself what the library says of versions and lost connections."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
