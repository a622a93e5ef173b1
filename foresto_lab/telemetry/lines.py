"""How an event becomes a line: structlog's processors, rendered for each reader."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping, Set
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

from foresto_lab.errors import ForestoError
from foresto_lab.telemetry.context import bound_facts
from foresto_lab.telemetry.masking import MASK, is_secret_name, mask_secrets

if TYPE_CHECKING:
    from foresto_lab.telemetry.logs import LogOptions

Event = MutableMapping[str, Any]
Renderer = Callable[[Any, str, Event], str]

FIRST_KEYS: Final = ("timestamp", "level", "event", "logger", "run_id")
LONGEST_TEXT: Final = 4000
MOST_ITEMS: Final = 20
_DEEPEST: Final = 5
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_ENDS: Final = re.compile("[\x85\u2028\u2029]")
_FILE_MODE: Final = 0o640


class LineWriter:
    """Writes events to standard error and to the log file, each in its form."""

    def __init__(self, options: LogOptions) -> None:
        import structlog

        targets: list[_Target] = [_ErrorStream(options)]
        if options.file is not None:
            targets.append(_LogFile(options.file))
        mask = _Masking(options.secrets)

        def to_targets(_: Any, level: str, event: Event) -> Event:
            first = {key: event[key] for key in FIRST_KEYS if key in event}
            ordered = {**first, **event}
            for target in targets:
                target.write(level, ordered)
            raise structlog.DropEvent

        self._logger = structlog.wrap_logger(
            None,
            wrapper_class=structlog.make_filtering_bound_logger(0),
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                describe_error,
                mask,
                to_targets,
            ],
            **options.facts,
        ).bind()

    def write(
        self, level: str, event: str, facts: Mapping[str, Any], *, raised: bool = False
    ) -> None:
        """Write one event; what cannot be written is lost and stops nothing."""
        with suppress(Exception):
            getattr(self._logger, level)(
                event, **{**bound_facts(), **facts, _RAISED: raised}
            )


_RAISED: Final = "_raised"


# --- processors -------------------------------------------------------------------


def describe_error(_: Any, __: str, event: Event) -> Event:
    """Put an exception's class, sentence and facts in its place.

    An error that foresto_lab does not explain brings its traceback.
    """
    error = event.get("error")
    if not isinstance(error, BaseException):
        return event
    event["error"] = type(error).__name__
    event["message"] = str(error)
    if isinstance(error, ForestoError):
        event["error_facts"] = dict(error.facts)
    elif isinstance(error, Exception):
        event["exception"] = "".join(traceback.format_exception(error)).rstrip()
    return event


class _Masking:
    """Makes every value plain, JSON-ready and free of secrets."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    def __call__(self, _: Any, __: str, event: Event) -> Event:
        return {
            key: value if key == _RAISED else self._value(key, value, _DEEPEST)
            for key, value in event.items()
        }

    def _value(self, key: str, value: Any, depth: int) -> Any:
        if is_secret_name(key):
            return MASK
        return self._plain(value, depth)

    def _plain(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, (bool, int)):
            return value
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(value)
        if depth and isinstance(value, Mapping):
            return {
                self._text(str(key)): self._value(str(key), item, depth - 1)
                for key, item in value.items()
            }
        if depth and isinstance(value, (list, tuple, Set)):
            items = [self._plain(item, depth - 1) for item in list(value)[:MOST_ITEMS]]
            more = len(value) - len(items)
            return [*items, f"and {more} more"] if more > 0 else items
        return self._other(value, depth)

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, date):  # and so a datetime
            return value.isoformat()
        shape = getattr(value, "shape", None)
        if shape == ():  # a scalar of numpy
            return self._plain(value.item(), depth)
        if shape is not None:
            return f"{type(value).__name__} of shape {shape}"
        if depth and hasattr(value, "to_dict"):
            return self._plain(value.to_dict(), depth - 1)
        return self._text(str(value))

    def _text(self, text: str) -> str:
        masked = mask_secrets(text, self._secrets)
        if len(masked) <= LONGEST_TEXT:
            return masked
        return f"{masked[:LONGEST_TEXT]}… ({len(masked)} characters)"


# --- renderers --------------------------------------------------------------------


def render_json(_: Any, __: str, event: Event) -> str:
    """Return the event as one line of JSON, readable in every language."""
    line = json.dumps(event, ensure_ascii=False, allow_nan=False)
    return _LINE_ENDS.sub(lambda end: f"\\u{ord(end[0]):04x}", line)


def console_renderer(*, colors: bool) -> Renderer:
    """Return structlog's renderer for people, safe from what values may hold."""
    import structlog

    render = structlog.dev.ConsoleRenderer(
        colors=colors,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )

    def render_safely(logger: Any, level: str, event: Event) -> str:
        shown = {
            key: _without_controls(value)
            for key, value in event.items()
            if key != "error_facts"  # they are in the sentence
        }
        shown["timestamp"] = f"{shown['timestamp'][:19]}Z"
        return str(render(logger, level, shown))

    return render_safely


def _without_controls(value: Any) -> Any:
    """Spell out control characters: a terminal would obey them."""
    if not isinstance(value, str):
        return value
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], value)


# --- targets ----------------------------------------------------------------------


class _Target(Protocol):
    def write(self, level: str, event: Event) -> None: ...


class _ErrorStream:
    """Standard error, whatever it is at the moment, or the descriptor given for it."""

    def __init__(self, options: LogOptions) -> None:
        self._options = options
        self._consoles: dict[bool, Renderer] = {}

    def write(self, level: str, event: Event) -> None:
        if event.get(_RAISED) and not self._options.repeats_raised:
            return
        stream = sys.stderr
        descriptor = self._options.descriptor
        if descriptor is not None:
            line = self._render(level, event, _is_terminal(descriptor))
            with suppress(OSError):
                os.write(descriptor, _encode(line))
        elif stream is not None:
            line = self._render(level, event, stream.isatty(), _is_notebook(stream))
            with suppress(OSError, ValueError):  # closed, or nobody reads any more
                stream.write(_encode(line).decode())
                stream.flush()

    def _render(
        self, level: str, event: Event, terminal: bool, notebook: bool = False
    ) -> str:
        automatic = "console" if terminal or notebook else "json"
        form = automatic if self._options.format == "auto" else self._options.format
        colors = terminal and not os.environ.get("NO_COLOR")
        return self._renderer(form, colors)(None, level, _without_marks(event))

    def _renderer(self, form: str, colors: bool) -> Renderer:
        if form == "json":
            return render_json
        if colors not in self._consoles:
            self._consoles[colors] = console_renderer(colors=colors)
        return self._consoles[colors]


class _LogFile:
    """A file that every line is appended to whole, and which may be moved away."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, level: str, event: Event) -> None:
        line = render_json(None, level, _without_marks(event))
        with suppress(OSError):
            descriptor = open_to_append(self._path)
            try:
                os.write(descriptor, _encode(line))
            finally:
                os.close(descriptor)


def open_to_append(path: Path) -> int:
    """Return a descriptor whose writes land behind those of every other process."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _FILE_MODE)


def _without_marks(event: Event) -> Event:
    return {key: value for key, value in event.items() if key != _RAISED}


def _encode(line: str) -> bytes:
    return f"{line}\n".encode(errors="backslashreplace")


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _is_notebook(stream: TextIO) -> bool:
    """Return whether a stream shows under a notebook's cell, to a person."""
    return type(stream).__module__.startswith("ipykernel")
