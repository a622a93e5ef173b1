"""Loggers, and how they are set: from which level, in which form, where to.

A logger costs one comparison while its level is off; structlog is imported with the
first line that is written. Lines go to standard error, which a command's output never
uses, and to ``FORESTO_LOG_FILE``.

An error on its way to the caller (``failure``) is shown to a person anyway, by the
command line or the notebook. It is therefore not repeated on a standard error set for
people at its usual level; machines and files always get it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import SettingsError
from foresto_lab.telemetry.masking import secrets_of_url

if TYPE_CHECKING:
    from foresto_lab.settings import Settings
    from foresto_lab.telemetry.lines import LineWriter

LEVELS: Final[Mapping[str, int]] = MappingProxyType(
    {
        name: getattr(logging, name)
        for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    }
)
HANDED_ON: Final = "FORESTO_LOG_HANDED_ON"
"""By this variable a process tells its report's kernel how to log; JSON."""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How this process logs."""

    level: str = "WARNING"
    format: str = "auto"
    file: Path | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    verbose_from: str | None = None
    """A level asked for on the command line; wins where it shows more."""
    descriptor: int | None = None
    """An open file to write to in place of standard error."""
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What every line of this process carries."""

    @property
    def threshold(self) -> int:
        """The lowest level, as a number, that is written."""
        return min(LEVELS[self.level], LEVELS[self.verbose_from or "CRITICAL"])

    @property
    def repeats_raised(self) -> bool:
        """Whether errors on their way to the caller go to standard error as well."""
        return self.format == "json" or self.threshold < logging.WARNING


class EventLogger:
    """Writes events with their facts: ``log.info("load finished", rows=12)``.

    An event is a few words that never change, so that it can be searched for; what
    changes is a fact. ``error=`` may be an exception: its class, sentence and facts
    are written.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"EventLogger({self._name!r})"

    def is_on(self, level: str) -> bool:
        """Return whether lines of this level are written."""
        return LEVELS[level] >= _now.threshold

    def debug(self, event: str, /, **facts: Any) -> None:
        """Write what helps to follow the code."""
        self._write(logging.DEBUG, "debug", event, facts)

    def info(self, event: str, /, **facts: Any) -> None:
        """Write what happened."""
        self._write(logging.INFO, "info", event, facts)

    def warning(self, event: str, /, **facts: Any) -> None:
        """Write what went on, but should not have been so."""
        self._write(logging.WARNING, "warning", event, facts)

    def error(self, event: str, /, **facts: Any) -> None:
        """Write what failed and is told to nobody else."""
        self._write(logging.ERROR, "error", event, facts)

    def failure(
        self, event: str, /, error: BaseException | None = None, **facts: Any
    ) -> None:
        """Write what failed, and is shown to the caller: raised, or as a result."""
        if error is not None:
            facts["error"] = error
        self._write(logging.ERROR, "error", event, facts, raised=True)

    def _write(
        self,
        number: int,
        level: str,
        event: str,
        facts: dict[str, Any],
        *,
        raised: bool = False,
    ) -> None:
        if number >= _now.threshold:
            facts["logger"] = self._name
            _now.writer().write(level, event, facts, raised=raised)


def get_logger(name: str) -> EventLogger:
    """Return the logger of a module: ``log = get_logger(__name__)``."""
    return EventLogger(name)


class _Present:
    """How this process logs now; the writer is made when a line is written."""

    def __init__(self, options: LogOptions) -> None:
        self.options = options
        self.threshold = options.threshold
        self._writer: LineWriter | None = None

    def change(self, options: LogOptions) -> None:
        if options != self.options:
            self.options = options
            self.threshold = options.threshold
            self._writer = None

    def writer(self) -> LineWriter:
        if self._writer is None:
            from foresto_lab.telemetry.lines import LineWriter

            self._writer = LineWriter(self.options)
        return self._writer


def configure_logs(settings: Settings, home: Path | None = None) -> None:
    """Log as the settings say, from now on and in the whole process.

    Parameters
    ----------
    home : Path, optional
        What a relative ``FORESTO_LOG_FILE`` is relative to.

    Raises
    ------
    SettingsError
        ``FORESTO_LOG_FILE`` cannot be written.
    """
    file = settings.log_file
    if file is not None:
        file = (home or Path.cwd()) / file.expanduser()
        _require_appendable(file)
    urls = (settings.database_url, settings.redis_url)
    _now.change(
        replace(
            _now.options,
            level=settings.log_level,
            format=settings.log_format,
            file=file,
            secrets=tuple(
                secret
                for url in urls
                if url is not None
                for secret in secrets_of_url(url.get_secret_value())
            ),
        )
    )


def show_from(level: str | None) -> None:
    """Write lines from this level up even where the settings show fewer."""
    _now.change(replace(_now.options, verbose_from=level))


def shown_from() -> str | None:
    """Return what ``show_from`` was last told, for a child process to be told too."""
    return _now.options.verbose_from


def handed_on(descriptor: int | None, **facts: Any) -> dict[str, str]:
    """Return the variables by which a kernel logs to ``descriptor``, with these facts.

    A kernel's own standard error is part of its notebook and must stay clear.
    """
    told = {
        "verbose_from": _now.options.verbose_from,
        "descriptor": descriptor,
        "facts": {**_now.options.facts, **facts},
    }
    return {HANDED_ON: json.dumps(told)}


def options_from(environment: Mapping[str, str]) -> LogOptions:
    """Return how to log before any settings were read.

    A value that cannot be is passed over; reading the settings refuses it.
    """
    level = environment.get("FORESTO_LOG_LEVEL", "").upper()
    form = environment.get("FORESTO_LOG_FORMAT", "").lower()
    file = environment.get("FORESTO_LOG_FILE")
    try:
        told = json.loads(environment.get(HANDED_ON) or "{}")
    except ValueError:
        told = {}
    return LogOptions(
        level=level if level in LEVELS else "WARNING",
        format=form if form in ("console", "json") else "auto",
        file=Path(file).expanduser() if file else None,
        verbose_from=told.get("verbose_from"),
        descriptor=told.get("descriptor"),
        facts=MappingProxyType(told.get("facts", {})),
    )


def _require_appendable(file: Path) -> None:
    from foresto_lab.telemetry.lines import open_to_append

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(open_to_append(file))
    except OSError as error:
        raise SettingsError(
            message=f"FORESTO_LOG_FILE names {file}, which cannot be written "
            f"({error.strerror}). Name a file in a folder that you can write."
        ) from None


_now = _Present(options_from(os.environ))
