"""The explorer's page: passes the browser's commands on, and sends back the state."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets
from plotly.offline import get_plotlyjs

from foresto_lab.errors import ForestoError
from foresto_lab.reports.font import FONT_FILE
from foresto_lab.widgets.chart import PALETTES
from foresto_lab.widgets.page import from_page, state_of, wording

if TYPE_CHECKING:
    from foresto_lab.widgets.explorer import ScenarioExplorer

STATIC: Final = Path(__file__).parent / "static"


@cache
def page_script(name: str) -> str:
    """Return a page's script with what all pages share in front of it."""
    files = ("plot.js", "commands.js", name)
    return "".join((STATIC / file).read_text("utf-8") for file in files)


@cache
def _plotly() -> bytes:
    """Return plotly.js of the installed package, gzipped for the way to the browser."""
    return gzip.compress(get_plotlyjs().encode(), compresslevel=6)


FILES: Final[dict[str, Callable[[], bytes]]] = {
    "plotly": _plotly,
    "font": FONT_FILE.read_bytes,
}
"""What the browser may ask for: the font only where it cannot write Hangul."""


class ExplorerView(anywidget.AnyWidget):  # type: ignore[misc]
    """The page of a :class:`ScenarioExplorer`, shown by JupyterLab.

    A change in the browser is one message here, and its answer one message there: the
    whole ``state``, with the curves as binary columns.
    """

    _esm = page_script("explorer.js")
    _css = (STATIC / "explorer.css").read_text("utf-8")
    state = traitlets.Dict().tag(sync=True)
    wording = traitlets.Dict().tag(sync=True)
    palettes = traitlets.Dict(PALETTES).tag(sync=True)

    def __init__(self, explorer: ScenarioExplorer) -> None:
        self._explorer = explorer
        self._answered = 0
        self._version = 0
        self._showing = threading.RLock()
        super().__init__(wording=wording(explorer), state=self._new_state())
        explorer.subscribe(self._show)
        self.on_msg(self._receive)

    def _new_state(self) -> dict[str, Any]:
        self._version += 1
        return {
            **state_of(self._explorer),
            "answers": self._answered,
            "version": self._version,
        }

    def _show(self) -> None:
        """Send the explorer as it is now; a report's thread may do so too."""
        with self._showing:
            self.state = self._new_state()

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Carry out a command of the page; whatever goes wrong becomes a message."""
        if content["command"] in FILES:
            name = content["command"]
            self.send({"event": name}, buffers=[FILES[name]()])
            return
        explorer = self._explorer
        self._answered = content["id"]
        before = self._version
        try:
            self._carry_out(content["command"], content)
        except ForestoError as error:
            explorer.message = str(error)
        except Exception as error:  # the page has no other place for a fault to show
            explorer.message = f"{type(error).__name__}: {error}"
        else:
            if self._version > before:
                return
        self._show()

    def _carry_out(self, command: str, details: dict[str, Any]) -> None:
        explorer = self._explorer
        match command:
            case "set":
                changes = from_page(details["changes"])
                explorer.set(gesture=details.get("gesture"), **changes)
            case "remove" | "select":
                getattr(explorer, command)(details["index"])
            case "last_years":
                explorer.last_years(details["years"])
            case "view":
                explorer.set_view(details["view"])
            case "language":
                self._speak(details["language"])
            case "add" | "undo" | "redo" | "save" | "report":
                getattr(explorer, command)()

    def _speak(self, language: str) -> None:
        self._explorer.set_language(language)
        self.wording = wording(self._explorer)
