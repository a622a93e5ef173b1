"""The program that runs a Python indicator; it knows nothing of foresto_lab.

It reads requests from its standard input and answers on what was its standard output:
a line of JSON, then arrays as plain bytes. Nothing is pickled in either direction.
Each request runs in a process of its own, forked where the system can do that, so that
no request sees what another left behind.
"""

import contextlib
import json
import os
import sys
from typing import Any

COLUMNS = ("open", "high", "low", "close", "volume")
CODE_FILE = "<indicator>"


def main() -> None:
    """Answer requests until there are no more."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.argv = ["indicator"]
    _import_pandas()
    for line in requests:
        header = json.loads(line)
        blocks = [requests.read(8 * header["n_bars"]) for _ in range(len(COLUMNS) + 1)]
        answers.write(_isolated(header, blocks))
        answers.flush()


def _import_pandas() -> None:
    """Import once what every request needs."""
    import pandas as pd

    pd.Series(dtype=float)


def _isolated(header: dict[str, Any], blocks: list[bytes]) -> bytes:
    if not hasattr(os, "fork"):
        return _answer(header, blocks)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as file:
                file.write(_answer(header, blocks))
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer = file.read()
    _, ended = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(ended)
    if code or not answer:
        by = f"signal {-code}" if code < 0 else f"exit code {code}"
        return _failure(f"its process ended by {by}")
    return answer


def _answer(header: dict[str, Any], blocks: list[bytes]) -> bytes:
    try:
        _limit_memory(header["memory_limit"])
        columns = _columns(_computed(header, blocks), header)
    except MemoryError:
        return _failure("it ran out of the memory that it may use")
    except _WrongResult as error:
        return _failure(str(error))
    except BaseException as error:
        return _failure(_last_line(error))
    told = json.dumps({"error": None, "columns": list(columns)}).encode()
    return told + b"\n" + b"".join(columns.values())


def _failure(reason: str) -> bytes:
    return json.dumps({"error": reason, "columns": []}).encode() + b"\n"


def _limit_memory(limit: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _computed(header: dict[str, Any], blocks: list[bytes]) -> object:
    import numpy as np
    import pandas as pd

    times = np.frombuffer(blocks[0], dtype=np.int64).view("datetime64[us]")
    index = pd.DatetimeIndex(times, name="open_time").tz_localize("UTC")
    arrays = [np.frombuffer(block, dtype=np.float64).copy() for block in blocks[1:]]
    candles = pd.DataFrame(dict(zip(COLUMNS, arrays, strict=True)), index=index)
    module: dict[str, Any] = {"__name__": "indicator", "__file__": CODE_FILE}
    exec(compile(header["code"], CODE_FILE, "exec"), module)
    result = module["compute"](candles, **header["params"])
    if isinstance(result, (pd.Series, pd.DataFrame)) and not result.index.equals(index):
        raise _WrongResult(
            f"its result has {len(result):,} rows under another index than the "
            f"{len(index):,} candles"
        )
    return result


class _WrongResult(Exception):
    """What came out is no column per output."""


def _columns(result: object, header: dict[str, Any]) -> dict[str, bytes]:
    """Return the bytes of each output."""
    import numpy as np
    import pandas as pd

    outputs = header["outputs"]
    if isinstance(result, pd.DataFrame):
        result = {str(name): result[name] for name in result.columns}
    if isinstance(result, (pd.Series, np.ndarray, list)) and len(outputs) == 1:
        result = {outputs[0]: result}
    if not isinstance(result, dict):
        raise _WrongResult(
            f"it returned {type(result).__name__}, and must return a Series, a "
            f"DataFrame or a dict with {', '.join(outputs)}"
        )
    names = [str(name) for name in result]
    if sorted(names) != sorted(outputs):
        raise _WrongResult(
            f"it returned the columns {', '.join(names) or 'none'}, and declares "
            f"{', '.join(outputs)}"
        )
    return {name: _bytes(name, result[name], header["n_bars"]) for name in outputs}


def _bytes(name: str, values: object, n_bars: int) -> bytes:
    import numpy as np
    import pandas as pd

    if isinstance(values, pd.Series):
        values = values.to_numpy(dtype=object, na_value=np.nan)
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise _WrongResult(f"column {name} holds what is no number") from None
    if array.shape != (n_bars,):
        shape = " x ".join(f"{size:,}" for size in array.shape) or "one value"
        raise _WrongResult(
            f"column {name} has {shape} values, and there are {n_bars:,} candles"
        )
    return np.ascontiguousarray(array).tobytes()


def _last_line(error: BaseException) -> str:
    """Return what an error says of itself, and the line of the code at fault."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == CODE_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    said = " ".join(str(error).split())[:500]
    where = f" (line {line} of its code)" if line else ""
    return (
        f"{type(error).__name__}: {said}{where}"
        if said
        else (f"{type(error).__name__}{where}")
    )


if __name__ == "__main__":
    main()
