"""The optimizer's page: passes commands on, and sends back the state."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from foresto_lab.errors import ForestoError
from foresto_lab.widgets.chart import PALETTES
from foresto_lab.widgets.optimizer_page import found_of, from_page, state_of, wording
from foresto_lab.widgets.view import FILES, STATIC, page_script

if TYPE_CHECKING:
    from foresto_lab.widgets.optimizer import Optimizer

_PALETTES = {**PALETTES, "dark": {**PALETTES["dark"], "cell-text": "#e8ecf2"}}
"""On a light page Plotly chooses what stands out; through faint cells shines the page,
which on a dark one it does not see."""


class OptimizerView(anywidget.AnyWidget):  # type: ignore[misc]
    """The page of an :class:`Optimizer`, shown by JupyterLab.

    ``state`` changes at every look at the progress and is small then; ``found`` only
    when a search has ended, a trial was opened or the map's axes were changed.
    """

    _esm = page_script("optimizer.js")
    _css = "\n".join(
        (STATIC / name).read_text("utf-8")
        for name in ("explorer.css", "strategy.css", "optimizer.css")
    )
    state = traitlets.Dict().tag(sync=True)
    found = traitlets.Dict().tag(sync=True)
    wording = traitlets.Dict().tag(sync=True)
    palettes = traitlets.Dict(_PALETTES).tag(sync=True)

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self._answered = 0
        self._version = 0
        self._showing = threading.RLock()
        self._shown = self._facts()
        super().__init__(
            wording=wording(optimizer),
            state=self._new_state(),
            found=self._new_found(),
        )
        optimizer.subscribe(self._show)
        self.on_msg(self._receive)

    def _facts(self) -> tuple[Any, ...]:
        """Return what ``found`` depends on."""
        one = self._optimizer
        return (id(one.result), id(one.opened), one.axes, one.language)

    def _new_state(self) -> dict[str, Any]:
        return {**state_of(self._optimizer), "answers": self._answered}

    def _new_found(self) -> dict[str, Any]:
        self._version += 1
        return {**found_of(self._optimizer), "version": self._version}

    def _show(self) -> None:
        """Send the optimizer as it is now; the search's thread may do so too."""
        with self._showing:
            facts = self._facts()
            if facts != self._shown:
                self._shown = facts
                self.found = self._new_found()
            self.state = self._new_state()

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Carry out a command of the page; whatever goes wrong becomes a message."""
        command = content["command"]
        if command in FILES:
            self.send({"event": command}, buffers=[FILES[command]()])
            return
        self._answered = content["id"]
        try:
            self._carry_out(command, content)
            return
        except ForestoError as error:
            self._optimizer.message = str(error)
        except Exception as error:  # the page has no other place for a fault to show
            self._optimizer.message = f"{type(error).__name__}: {error}"
        self._show()

    def _carry_out(self, command: str, details: dict[str, Any]) -> None:
        optimizer = self._optimizer
        match command:
            case "set":
                optimizer.set(**from_page(details["changes"]))
            case "vary":
                optimizer.vary(details["name"], details.get("text"))
            case "fix":
                optimizer.fix(details["name"])
            case "axes":
                optimizer.show_axes(details.get("x"), details.get("y"))
            case "open":
                optimizer.open(int(details["trial"]))
            case "language":
                optimizer.language = details["language"]
                self.wording = wording(optimizer)
                optimizer.set_language(details["language"])
            case "start" | "cancel":
                getattr(optimizer, command)()
                self._show()
