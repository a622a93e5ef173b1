"""Every exception of foresto_lab.

ForestoError
├── InputError (ValueError)          a value handed to a function
│   ├── UnknownNameError (LookupError)    a name that is not one of those allowed
│   ├── AmountError                       an amount or rate outside its range
│   ├── DateRangeError                    start, end and the data do not meet
│   │   └── LateStartError                an asset begins long after the start asked for
│   ├── CalendarRangeError                outside the years a calendar knows
│   ├── RuleError                         a rebalancing rule that cannot be
│   ├── CostError                         costs and taxes that contradict each other
│   │   └── TaxTableError                 rates with overlaps, gaps or wrong dates
│   ├── ExchangeRateError                 exchange rates that cannot be converted by
│   │   └── ExchangeRateGapError          no rate for longer than may be carried
│   ├── CashFlowError                     a contribution or withdrawal that cannot be
│   ├── WeightError                       weights that are no portfolio
│   │   └── UnknownAssetError (UnknownNameError)   an asset without a column of prices
│   ├── StrategyError                     a strategy that cannot be run as it is
│   ├── IndicatorCodeError                Python code that is no indicator to run
│   ├── CandleTableError                  candles that cannot be computed on
│   │   ├── CandleValueError              a bar whose numbers are no candle
│   │   └── ResamplingError               candles that make no candles of that length
│   ├── SpaceError                        parameters that cannot be searched
│   ├── ObjectiveError                    nothing to prefer one trial to another by
│   ├── SplitError                        spans of bars that the data cannot be cut into
│   ├── VersionError                      a text that is no semantic version
│   └── PriceTableError                   prices that cannot be simulated on
│       ├── PriceGapError                 a held asset has no price on a session
│       └── PriceValueError               zero, negative or infinite prices
├── DataFileError (ValueError)       a file of prices that cannot be read
├── RecentSourceError (RuntimeError) a source of recent candles that cannot be used
├── ConnectorError (RuntimeError)    a provider of prices that cannot be used
│   ├── MissingExtraError (ImportError)     its library is not installed
│   ├── ProviderUnreachableError            no network, no answer in time, a fault there
│   ├── RateLimitedError                    too many requests, to the end of patience
│   ├── UnreadableAnswerError (ValueError)  a web page, cut off, or of other columns
│   └── NothingGivenError (LookupError)     no rows: unknown there, or delisted
├── ClusterError (RuntimeError)      workers that a computation was handed to
│   ├── ClusterUnreachableError          no scheduler answers at the address
│   └── WorkerLostError                  the same task took its worker down every time
├── RestatedHistoryError (ValueError)       a provider's past is not what is stored
├── QualityError (ValueError)        rows that break an error-level quality rule
├── PreflightError (ValueError)      findings that stop a run before it starts
├── SettingsError (ValueError)       FORESTO_* settings
│   └── RebalancingDisabledError     a rule given while USE_REBALANCING is off
├── StorageError (RuntimeError)      the catalog, the lake, the artifacts
│   ├── WorkspaceNotFoundError (FileNotFoundError)
│   ├── WorkspaceReadOnlyError (PermissionError)
│   ├── DiskFullError (OSError)
│   ├── CorruptStoreError            what is stored does not read back as written
│   ├── SchemaVersionError           a catalog older or newer than this package
│   ├── WriteConflictError           another process kept winning the same write
│   ├── DatabaseConnectionError      the team's server cannot be reached or used
│   │   └── ServerVersionError       its PostgreSQL is too old
│   ├── DatabasePermissionError (PermissionError)   this user's role may not do it
│   ├── PartitionMissingError        no month's partition to put a row into
│   ├── ProgramNotFoundError         a program of PostgreSQL is not on this machine
│   ├── BackupError                  a backup could not be made
│   ├── RestoreError                 a backup cannot be put back, or not there
│   ├── CopyError                    a copy to another store could not be finished
│   └── CheckFailedError             a check of the store found what must be mended
├── RegistryError (RuntimeError)     the registry: strategies, indicators, portfolios
│   ├── DefinitionFileError (ValueError)  a file that holds no definitions
│   ├── VersionTakenError            a version is there already, with other content
│   ├── InactiveError (LookupError)  every version of a name is deactivated
│   └── UntrustedCodeError (PermissionError)   stored code nobody trusted here
├── IndicatorFailedError (RuntimeError)   a Python indicator raised, or never ended
├── RunError (RuntimeError)          the run registry
│   ├── RunNotFoundError (LookupError)
│   ├── RunNotReadableError          not completed, so there is no result to read
│   │   └── PathExpiredError         its series were cleaned up after their time
│   └── ReproductionError            a rerun gave other numbers
└── ReportError (RuntimeError)       templates and their execution
    ├── TemplateError                a template notebook breaks the rules
    ├── ReportParameterError (ValueError)
    ├── BatchFileError (ValueError)  a list of reports that cannot be run
    ├── ReportFailedError            a cell failed; the report is saved as failed
    ├── PdfError                     a page could not be printed
    │   └── PdfPrinterNotFoundError  no Chromium is here to print it
    └── ReportVerificationError      the page's numbers do not come out again

An exception takes its facts by keyword, keeps them as attributes, and composes
its own sentence from them: what was given, where, why it is wrong, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


def nearest_names(
    given: object, allowed: Iterable[object], limit: int = 3
) -> list[str]:
    """Return the allowed names closest to the one given, best first."""
    names = {str(name).casefold(): str(name) for name in allowed}
    close = difflib.get_close_matches(str(given).casefold(), names, n=limit, cutoff=0.6)
    return [names[name] for name in close]


def _listing(names: Iterable[object], limit: int = 12) -> str:
    """Return names as a readable list, cut after ``limit``."""
    shown = [str(name) for name in names]
    more = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {more} more" if more > 0 else "")


class ForestoError(Exception):
    """Root of every error that a user of foresto_lab can cause.

    Subclasses set ``sentence``, a format string over the facts, or override
    ``compose`` where the sentence depends on them.
    """

    sentence: ClassVar[str] = "{message}"
    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: Any) -> None:
        self.facts: Mapping[str, Any] = facts
        for name, value in facts.items():
            setattr(self, name, value)
        super().__init__(self.compose())

    def compose(self) -> str:
        """Return the sentence shown to the user."""
        return self.sentence.format(**self.facts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the facts, so the error crosses process borders whole."""
        return (_rebuild, (type(self), dict(self.facts)))


def _rebuild(kind: type[ForestoError], facts: dict[str, Any]) -> ForestoError:
    return kind(**facts)


# --- input ------------------------------------------------------------------------


class InputError(ForestoError, ValueError):
    """A value handed to a function is not one it can take."""

    exit_code = 2


class UnknownNameError(InputError, LookupError):
    """A name is not one of those allowed; the near ones are suggested."""

    kind: str
    given: object
    allowed: tuple[str, ...]

    def compose(self) -> str:
        """Return the sentence, with the nearest allowed names."""
        near = nearest_names(self.given, self.allowed)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        allowed = _listing(self.allowed) or "none so far"
        return f"Unknown {self.kind} {self.given!r}.{hint} Allowed: {allowed}."


class AmountError(InputError):
    """An amount, rate or threshold lies outside its range."""

    parameter: str
    given: object
    allowed: str
    sentence = "{parameter} is {given!r}, but must be {allowed}."


class DateRangeError(InputError):
    """Start, end and the sessions at hand do not meet."""

    sentence = "{message}"


class LateStartError(DateRangeError):
    """A held asset begins long after the start asked for."""

    sentence = (
        "{asset} has its first price on {first_session}, {lag_sessions} sessions after "
        "the start asked for, {start}. Start on {first_session} or later, or leave the "
        "start out to begin on the first session that has every price."
    )


class CalendarRangeError(InputError):
    """A date lies outside the years that an exchange calendar knows."""

    sentence = (
        "{date} is outside what calendar {calendar} knows, {first} to {last}. "
        "Cut the data to these years, or choose another calendar."
    )


class RuleError(InputError):
    """A rebalancing rule contradicts itself."""


class CashFlowError(InputError):
    """A contribution, a withdrawal or a list of them cannot be as it was given."""


class CostError(InputError):
    """Costs contradict each other, or do not fit what is held."""


class TaxTableError(CostError):
    """A table of tax rates overlaps, has gaps, or does not reach a session."""


class ExchangeRateError(InputError):
    """Exchange rates are missing, not positive, or of another currency."""


class ExchangeRateGapError(ExchangeRateError):
    """An exchange rate was not quoted for longer than it may be carried forward."""

    currency: str
    session: str
    last_quoted: str
    gap_sessions: int
    longest: int
    sentence = (
        "{currency} has no exchange rate on {session}: the last is of {last_quoted}, "
        "{gap_sessions} sessions before, and at most {longest} are carried forward. "
        "Load the missing rates, or end the simulation before them."
    )


class WeightError(InputError):
    """Weights are not a portfolio: over 1, negative, NaN, or of unknown assets."""


class UnknownAssetError(WeightError, UnknownNameError):
    """Weights name an asset that the prices have no column for."""


class PriceTableError(InputError):
    """A table of prices is not one that can be simulated on."""


class PriceGapError(PriceTableError):
    """A held asset has no price on a session after it began to trade."""

    asset: str
    session: str
    gap_count: int
    sentence = (
        "{asset} has no price on {session} ({gap_count} sessions without one after its "
        "first). A held asset needs a price on every session: load the missing rows, "
        "or end the simulation before them."
    )


class PriceValueError(PriceTableError):
    """A price is zero, negative or infinite."""

    asset: str
    session: str
    value: float
    sentence = (
        "{asset} has price {value!r} on {session}; prices must be above 0 and finite. "
        "Correct or drop the row: zero usually stands for a day without trading."
    )


class CandleTableError(InputError):
    """A table of candles is not one that can be computed on."""

    sentence = "{message}"


class CandleValueError(CandleTableError):
    """The numbers of one bar are no candle."""

    symbol: str
    time: str
    bar: int
    field: str
    value: float
    reason: str

    def compose(self) -> str:
        """Return the sentence, with the symbol where it is known."""
        of = f" of {self.symbol}" if self.symbol else ""
        return (
            f"The candle{of} that opens at {self.time} (bar {self.bar}) has "
            f"{self.field} {self.value!r}; {self.reason}. Correct or drop the row: "
            "check_candles(...) lists every one."
        )


class ResamplingError(CandleTableError):
    """Candles cannot be made into candles of the length asked for."""


class StrategyError(InputError):
    """A strategy cannot be run as it was given; every reason has its place in it."""

    strategy: str
    findings: tuple[Any, ...]

    def compose(self) -> str:
        """Return the sentence with each finding."""
        lines = [f"  {finding}" for finding in self.findings]
        return "\n".join([f"Strategy {self.strategy} cannot be run as it is:", *lines])


class IndicatorCodeError(InputError):
    """Python code cannot be run as an indicator; every reason has its line."""

    indicator: str
    findings: tuple[Any, ...]

    def compose(self) -> str:
        """Return the sentence with each finding."""
        lines = [f"  {finding}" for finding in self.findings]
        return "\n".join(
            [f"The code of indicator {self.indicator} is refused:", *lines]
        )


class SpaceError(InputError):
    """A space of parameters that cannot be searched.

    Parameters
    ----------
    parameter : str
        The parameter that is wrong; empty when it is the space as a whole.
    """

    parameter: str = ""


class ObjectiveError(InputError):
    """No trial has a value to be preferred by, or all break a constraint."""


class SplitError(InputError):
    """Data that cannot be cut into the spans that a validation asks for."""


class VersionError(InputError):
    """A text is no semantic version."""

    given: object

    def compose(self) -> str:
        """Return the sentence, with the text cut to what can be shown."""
        shown = ascii(self.given)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        return (
            f"Version {shown} is no semantic version. Write three numbers as in "
            "1.0.0, if need be with a preview as in 2.0.0-rc.1."
        )


# --- data -------------------------------------------------------------------------


class DataFileError(ForestoError, ValueError):
    """A file of prices cannot be read as such."""

    path: str
    reason: str
    fix: str
    sentence = "{path}: {reason} {fix}"
    exit_code = 2


class RecentSourceError(ForestoError, RuntimeError):
    """A source of recent candles is away, or what it holds is no list of candles."""

    source: str
    reason: str
    fix: str
    sentence = "{source}: {reason} {fix}"
    exit_code = 4


class ConnectorError(ForestoError, RuntimeError):
    """A provider of prices or candles cannot be used, or its answer cannot be.

    ``transient`` says whether asking again may help; ``retry_after`` is the number of
    seconds that the provider asked to wait.
    """

    provider: str
    symbol: str
    reason: str
    fix: str
    transient: bool = False
    retry_after: float | None = None
    attempts: int = 0
    waited: float = 0.0
    exit_code = 4

    def compose(self) -> str:
        """Return the sentence, with how often it was tried."""
        of = f", {self.symbol}" if getattr(self, "symbol", "") else ""
        tried = (
            f" Tried {self.attempts} times over {self.waited:,.0f} s."
            if self.attempts > 1
            else ""
        )
        return f"{self.provider}{of}: {self.reason}{tried} {self.fix}".rstrip()


class MissingExtraError(ConnectorError, ImportError):
    """The library of a provider is not installed, or cannot be imported."""

    exit_code = 2


class ProviderUnreachableError(ConnectorError):
    """A provider was not reached, did not answer in time, or is out of order."""


class RateLimitedError(ConnectorError):
    """A provider kept answering that there were too many requests."""


class UnreadableAnswerError(ConnectorError, ValueError):
    """A provider's answer is no table of prices: a web page, cut off, renamed."""


class NothingGivenError(ConnectorError, LookupError):
    """A provider has no rows of a symbol: unknown there, renamed or delisted."""


class ClusterError(ForestoError, RuntimeError):
    """Workers that a computation was handed to cannot be used.

    Parameters
    ----------
    address : str
        The scheduler's; empty for a cluster of this machine.
    """

    address: str = ""


class ClusterUnreachableError(ClusterError):
    """No scheduler answers at the address."""


class WorkerLostError(ClusterError):
    """The same task took down every worker that it was given to."""


class RestatedHistoryError(ForestoError, ValueError):
    """What a provider says of the past differs from what is stored; nothing changed."""

    provider: str
    symbol: str
    reason: str
    fix: str
    sentence = "{symbol}: {provider} restated its history: {reason} {fix}"
    exit_code = 3


class QualityError(ForestoError, ValueError):
    """Rows break an error-level quality rule; nothing of the load was written."""

    source: str
    findings: tuple[Any, ...]
    exit_code = 3

    def compose(self) -> str:
        """Return the sentence with each error-level finding."""
        lines = [f"  {finding}" for finding in self.findings]
        head = (
            f"{self.source} was refused whole: {len(lines)} quality "
            f"{'rule is' if len(lines) == 1 else 'rules are'} broken."
        )
        return "\n".join([head, *lines])


class PreflightError(ForestoError, ValueError):
    """Preflight found what would make the run fail or mislead; nothing was run."""

    subject: str
    findings: tuple[Any, ...]
    exit_code = 3

    def compose(self) -> str:
        """Return the sentence with each error-level finding."""
        lines = [f"  {finding}" for finding in self.findings]
        return "\n".join([f"{self.subject} cannot run as it is:", *lines])


# --- settings ---------------------------------------------------------------------


class SettingsError(ForestoError, ValueError):
    """A FORESTO_* setting has a value that it cannot have."""

    exit_code = 2


class RebalancingDisabledError(SettingsError):
    """A rule was given while USE_REBALANCING is off; it is refused, never ignored."""

    sentence = (
        "Rebalancing rule {rule!r} was given, but FORESTO_USE_REBALANCING is off. "
        "Turn it on, or leave the rule out for buy and hold."
    )


# --- storage ----------------------------------------------------------------------


class StorageError(ForestoError, RuntimeError):
    """The catalog, the lake or the artifacts could not do what was asked."""

    exit_code = 4


class WorkspaceNotFoundError(StorageError, FileNotFoundError):
    """No workspace was named and none lies here or above."""

    sentence = (
        "No workspace in {path} or above it. Create one with `foresto init DIR`, "
        "or name one with --home or FORESTO_HOME."
    )


class WorkspaceReadOnlyError(StorageError, PermissionError):
    """The workspace cannot be written."""

    sentence = (
        "{path} cannot be written ({reason}). Nothing was changed. Make it writable "
        "for this user, or choose another workspace with --home or FORESTO_HOME."
    )


class DiskFullError(StorageError, OSError):
    """The disk ran out of room; what was being written has been discarded."""

    sentence = (
        "No room left on the disk of {path}. What was being written has been "
        "discarded; everything before it is intact. Free some space and run it again."
    )


class CorruptStoreError(StorageError):
    """What is stored does not read back as it was written."""

    sentence = "{path} is damaged: {reason} {fix}"


class SchemaVersionError(StorageError):
    """The catalog is of another schema version than this package."""

    sentence = (
        "The catalog {path} has schema {found}, this package needs {expected}. {fix}"
    )


class WriteConflictError(StorageError):
    """Another process kept winning the same write."""

    sentence = (
        "{path} was being written by other processes and {attempts} attempts lost the "
        "race. Nothing was changed. Run it again when they are done."
    )


class DatabaseConnectionError(StorageError):
    """The team's database server cannot be reached, or does not let one in."""

    sentence = "{server} cannot be used: {reason} {fix}"


class ServerVersionError(DatabaseConnectionError):
    """The server runs a PostgreSQL that is too old."""

    sentence = (
        "{server} runs PostgreSQL {found}; foresto_lab needs {needed} or newer. "
        "Upgrade the server, or use another one."
    )


class DatabasePermissionError(StorageError, PermissionError):
    """The user of the team's database has no role that may do this."""

    sentence = (
        "{server}: {reason}. Ask the database's owner for the role that may do this "
        "(`foresto db roles` makes reader, writer and owner)."
    )


class PartitionMissingError(StorageError):
    """A row's month has no partition, and this role may not create one."""

    table: str
    day: str
    sentence = (
        "{table} has no partition for {day}, so nothing was written. Create it with "
        "`foresto db partitions --from {day} --to {day}` as the owner of the tables."
    )


class ProgramNotFoundError(StorageError):
    """A program that comes with PostgreSQL is not on this machine, or too old."""

    sentence = "{program} {reason} {fix}"


class BackupError(StorageError):
    """A backup could not be made; nothing was left under its name."""

    sentence = "No backup was made in {path}: {reason} {fix}"


class RestoreError(StorageError):
    """A backup is not whole, or the place to restore to is not empty."""

    sentence = "{path} was not restored: {reason} {fix}"


class CopyError(StorageError):
    """A copy to another store stopped or does not agree with its source."""

    sentence = "The copy to {target} is not complete: {reason} {fix}"


class CheckFailedError(StorageError):
    """A check of the store found what has to be mended."""

    exit_code = 3
    sentence = "{subject}: {message}"


# --- registry ---------------------------------------------------------------------


class RegistryError(ForestoError, RuntimeError):
    """The registry of strategies and indicators could not do what was asked."""

    exit_code = 2


class DefinitionFileError(RegistryError, ValueError):
    """A file cannot be read as definitions of strategies or indicators."""

    path: str
    reason: str
    fix: str

    def compose(self) -> str:
        """Return the sentence; what to do where there is something."""
        return " ".join(
            part for part in (f"{self.path}:", self.reason, self.fix) if part
        )


class VersionTakenError(RegistryError):
    """A version is there already with other content; versions never change."""

    kind: str
    name: str
    version: str
    next_version: str
    sentence = (
        "{kind} {name} {version} is there already with other content, and a version "
        "never changes. Save this as {next_version}, or under another name."
    )


class InactiveError(RegistryError, LookupError):
    """Every version of a name is deactivated."""

    kind: str
    name: str
    versions: str

    def compose(self) -> str:
        """Return the sentence, with the command of the kind."""
        command = "portfolios" if self.kind == "Portfolio" else "strategies"
        return (
            f"{self.kind} {self.name!r} has no active version (there is "
            f"{self.versions}). Activate one (`foresto {command} activate "
            f"{self.name}@VERSION`), or name one: NAME@VERSION."
        )


class UntrustedCodeError(RegistryError, PermissionError):
    """Code from the catalog was not trusted on this machine; nothing of it ran."""

    exit_code = 3
    sentence = (
        "{kind} {reference} is Python code from the catalog (SHA-256 {checksum:.12}…), "
        "which someone else may have written, and is not trusted on this machine. Read "
        "it and allow it with `foresto registry trust {reference!r}`."
    )


class IndicatorFailedError(ForestoError, RuntimeError):
    """A Python indicator raised, took too long, or returned no column per output."""

    indicator: str
    reason: str
    sentence = "Indicator {indicator} failed: {reason}."
    exit_code = 3


# --- runs -------------------------------------------------------------------------


class RunError(ForestoError, RuntimeError):
    """The run registry could not do what was asked."""


class RunNotFoundError(RunError, LookupError):
    """No run has this id, or more than one begins with it."""

    exit_code = 2
    sentence = "No run {run_id!r}: {reason} `foresto runs list` shows those there are."


class RunNotReadableError(RunError):
    """The run is not completed, so there is no result to read."""

    sentence = "Run {run_id} is {status}{reason}; only a completed run has a result."


class PathExpiredError(RunNotReadableError):
    """The series of a completed run were cleaned up when their time was over."""

    run_id: str
    expired_on: str
    archive: str | None

    def compose(self) -> str:
        """Return the sentence, with where the archived series are."""
        where = (
            f"They were archived in {self.archive}, which cannot be read from here: "
            "mount that folder, or name another with --archive."
            if self.archive
            else "They were not archived; run the same request again to compute them."
        )
        return (
            f"The series of run {self.run_id} were kept until {self.expired_on} and "
            f"then cleaned up; its summary is still there. {where}"
        )


class ReproductionError(RunError):
    """A rerun on the recorded data gave other numbers."""

    sentence = "Run {run_id} does not reproduce: {reason}"


# --- reports ----------------------------------------------------------------------


class ReportError(ForestoError, RuntimeError):
    """A report could not be made or checked."""


class TemplateError(ReportError):
    """A template notebook breaks the rules for templates."""

    sentence = "Template {template}: {reason}"


class ReportParameterError(ReportError, ValueError):
    """A report parameter is unknown, missing or of the wrong type."""

    exit_code = 2
    sentence = "Report {template!r}, parameter {parameter!r}: {reason}"


class BatchFileError(ReportError, ValueError):
    """A list of reports cannot be read, or an item of it is no report."""

    exit_code = 2
    sentence = (
        "Batch {path}: {reason} Each item is `report: KIND`, with `parameters:` and "
        "`language:` where wanted. Nothing was run."
    )


class ReportFailedError(ReportError):
    """A cell of the report failed; the report is saved, marked as failed."""

    sentence = "Report {template!r} failed: {reason} The failed page: {path}"


class PdfError(ReportError):
    """A report's page could not be printed as a PDF."""

    page: str
    reason: str
    sentence = (
        "The page could not be printed as a PDF: {reason}. The page itself is whole: "
        "{page}. Open it in a browser and print it there, or try again."
    )


class PdfPrinterNotFoundError(PdfError):
    """There is no Chromium on this machine to print with."""

    sentence = (
        "A PDF is printed by Chromium or Chrome, and {reason}. Install one (Debian and "
        "Ubuntu: apt-get install chromium; or: pip install playwright, then playwright "
        "install chromium), or name its program in FORESTO_CHROMIUM."
    )


class ReportVerificationError(ReportError):
    """The page's numbers do not come out again."""

    sentence = "{path} does not verify: {reason}"
