"""The portfolio builder's page: passes commands on, and sends back the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from foresto_lab.errors import ForestoError
from foresto_lab.widgets.chart import PALETTES
from foresto_lab.widgets.portfolio_page import split_changes, state_of, wording
from foresto_lab.widgets.view import FILES, STATIC, page_script

if TYPE_CHECKING:
    from foresto_lab.widgets.portfolio_builder import PortfolioBuilder


class PortfolioView(anywidget.AnyWidget):  # type: ignore[misc]
    """The page of a :class:`PortfolioBuilder`, shown by JupyterLab.

    A change in the browser is one message here, and its answer one message there: the
    whole ``state``, with the curves as binary columns.
    """

    _esm = page_script("portfolio.js")
    _css = "\n".join(
        (STATIC / name).read_text("utf-8") for name in ("explorer.css", "portfolio.css")
    )
    state = traitlets.Dict().tag(sync=True)
    wording = traitlets.Dict().tag(sync=True)
    palettes = traitlets.Dict(PALETTES).tag(sync=True)

    def __init__(self, builder: PortfolioBuilder) -> None:
        self._builder = builder
        self._answered = 0
        self._version = 0
        super().__init__(wording=wording(builder), state=self._new_state())
        builder.subscribe(self._show)
        self.on_msg(self._receive)

    def _new_state(self) -> dict[str, Any]:
        self._version += 1
        return {
            **state_of(self._builder),
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
        before = self._version
        try:
            self._carry_out(content["command"], content)
        except ForestoError as error:
            self._builder.message = str(error)
        except Exception as error:  # the page has no other place for a fault to show
            self._builder.message = f"{type(error).__name__}: {error}"
        else:
            if self._version > before:
                return
        self._show()

    def _carry_out(self, command: str, details: dict[str, Any]) -> None:
        builder = self._builder
        match command:
            case "set":
                form, rows = split_changes(details["changes"])
                for place, changes in rows.items():
                    builder.set_row(place, **changes)
                if form:
                    builder.set(**form)
            case "remove_row":
                builder.remove_row(details["index"])
            case "load":
                builder.load(details["name"])
            case "language":
                builder.set_language(details["language"])
                self.wording = wording(builder)
            case "add_row" | "spread" | "undo" | "redo" | "save":
                getattr(builder, command)()
