"""The strategy explorer's page: passes commands on, and sends back the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from foresto_lab.errors import ForestoError
from foresto_lab.widgets.chart import PALETTES
from foresto_lab.widgets.strategy_page import from_page, state_of, wording
from foresto_lab.widgets.view import FILES, STATIC, page_script

if TYPE_CHECKING:
    from foresto_lab.widgets.strategy_explorer import StrategyExplorer


class StrategyView(anywidget.AnyWidget):  # type: ignore[misc]
    """The page of a :class:`StrategyExplorer`, shown by JupyterLab.

    A change in the browser is one message here, and its answer one message there: the
    whole ``state``, with what is in view as binary columns.
    """

    _esm = page_script("strategy.js")
    _css = "\n".join(
        (STATIC / name).read_text("utf-8") for name in ("explorer.css", "strategy.css")
    )
    state = traitlets.Dict().tag(sync=True)
    wording = traitlets.Dict().tag(sync=True)
    palettes = traitlets.Dict(PALETTES).tag(sync=True)

    def __init__(self, explorer: StrategyExplorer) -> None:
        self._explorer = explorer
        self._answered = 0
        self._version = 0
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
        self.state = self._new_state()

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Carry out a command of the page; whatever goes wrong becomes a message."""
        if content["command"] in FILES:
            name = content["command"]
            self.send({"event": name}, buffers=[FILES[name]()])
            return
        self._answered = content["id"]
        explorer = self._explorer
        try:
            self._carry_out(content["command"], content)
            return
        except ForestoError as error:
            message = str(error)
        except Exception as error:  # the page has no other place for a fault to show
            message = f"{type(error).__name__}: {error}"
        explorer.outcome = replace(explorer.outcome, message=message)
        self._show()

    def _carry_out(self, command: str, details: dict[str, Any]) -> None:
        explorer = self._explorer
        match command:
            case "set":
                explorer.set(**from_page(details["changes"]))
            case "zoom":
                explorer.zoom(details.get("start"), details.get("end"))
            case "language":
                explorer.set_language(details["language"])
                self.wording = wording(explorer)
            case "save":
                explorer.save()
