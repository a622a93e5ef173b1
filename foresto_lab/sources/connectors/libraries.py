"""The providers' libraries: imported late and quietly, or a sentence that says how."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import warnings
from collections.abc import Iterator
from types import ModuleType

from foresto_lab.errors import MissingExtraError
from foresto_lab.sources.connectors.protocol import ProviderFacts


def import_library(facts: ProviderFacts, module: str | None = None) -> ModuleType:
    """Import a provider's library; what it prints and warns of is kept from the user.

    Raises
    ------
    MissingExtraError
        It is not installed, or breaks while it is imported.
    """
    name = module or facts.module
    try:
        with quiet():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing != facts.module.partition(".")[0]:
            raise _broken(facts, f"it needs {missing}, which is not") from None
        raise _missing(facts) from None
    except Exception as error:
        raise _broken(facts, f"importing it failed ({type(error).__name__})") from error


def library_version(facts: ProviderFacts) -> str:
    """Return the library with its version, e.g. ``yfinance 1.7.0``."""
    try:
        return f"{facts.library} {importlib.metadata.version(facts.library)}"
    except importlib.metadata.PackageNotFoundError:
        return facts.library


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let a library print and warn to nobody: pykrx prints who logs in, for one."""
    silence = io.StringIO()
    with (
        contextlib.redirect_stdout(silence),
        contextlib.redirect_stderr(silence),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _missing(facts: ProviderFacts) -> MissingExtraError:
    return MissingExtraError(
        provider=facts.name,
        symbol="",
        reason=f"its library {facts.library} is not installed.",
        fix=f"Install it: pip install 'foresto-lab[{facts.extra}]'.",
    )


def _broken(facts: ProviderFacts, reason: str) -> MissingExtraError:
    return MissingExtraError(
        provider=facts.name,
        symbol="",
        reason=f"its library {facts.library} is installed, but {reason}.",
        fix=f"Install it anew: pip install 'foresto-lab[{facts.extra}]'.",
    )
