"""One worker process: ``python -m foresto_lab.cluster.worker ADDRESS NAME DIR BYTES``.

It ends when its standard input does, which is when the process that started it ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading


async def serve(address: str, name: str, folder: str, memory: int) -> None:
    """Work for a scheduler until it lets go."""
    from distributed import Worker

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with Worker(
        address,
        nthreads=1,
        name=name,
        host="127.0.0.1",
        local_directory=folder,
        memory_limit=memory,
        dashboard=False,
    ) as worker:
        await worker.finished()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Run the worker that the arguments describe."""
    address, name, folder, memory = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(serve(address, name, folder, int(memory)))


if __name__ == "__main__":
    main()
