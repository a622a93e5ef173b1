"""A real JupyterLab on this machine, and a page of it, for browser tests."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from playwright.sync_api import Page

START_SECONDS = 90
QUIET_SETTINGS = {
    "notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "themes": {"theme": "JupyterLab Light"},
}


@dataclass(frozen=True)
class JupyterServer:
    """A running server: where it is, what opens it, which folder it serves."""

    url: str
    token: str
    root: Path
    settings: Path

    def use_theme(self, theme: str) -> None:
        """Let pages opened from now on be light or dark."""
        name = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[theme]
        write_settings(self.settings, "themes", {"theme": name})

    def notebook_url(self, notebook: str) -> str:
        return f"{self.url}lab/tree/{notebook}?token={self.token}&reset"

    def request(self, path: str, method: str = "GET") -> Any:
        request = Request(
            f"{self.url}api/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
        )
        with urlopen(request, timeout=20) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def wait_for_kernel(self, notebook: str) -> None:
        for _ in range(600):
            for session in self.request("sessions"):
                state = session["kernel"]["execution_state"]
                if session["path"] == notebook and state == "idle":
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the kernel of {notebook} did not start")

    def shut_down_kernels(self) -> None:
        for session in self.request("sessions"):
            self.request(f"sessions/{session['id']}", method="DELETE")


def write_settings(folder: Path, plugin: str, values: dict[str, Any]) -> None:
    place = folder / "@jupyterlab" / "apputils-extension"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{plugin}.jupyterlab-settings").write_text(json.dumps(values))


@contextmanager
def jupyter_server(root: Path, scratch: Path) -> Iterator[JupyterServer]:
    """Start JupyterLab on ``root``, on a free port; end it and its kernels after."""
    token = secrets.token_hex(16)
    settings = scratch / "settings"
    for plugin, values in QUIET_SETTINGS.items():
        write_settings(settings, plugin, values)
    runtime = scratch / "runtime"
    environment = {
        **os.environ,
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
        "PYTHONWARNINGS": "default",
    }
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": "0",
        "ServerApp.root_dir": str(root),
        "ServerApp.open_browser": "False",
        "ServerApp.allow_root": "True",
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": "True",
        "LabApp.news_url": "None",
        "LabApp.extension_manager": "readonly",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    log = (scratch / "server.log").open("wb")
    with log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=root,
        )
        try:
            url = _wait_for_url(process, runtime, scratch / "server.log")
            server = JupyterServer(url, token, root, settings)
            yield server
            server.shut_down_kernels()
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_url(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    facts = runtime / f"jpserver-{process.pid}.json"
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            break
        if facts.is_file() and (text := facts.read_text()).endswith("}"):
            return str(json.loads(text)["url"])
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def open_notebook(page: Page, server: JupyterServer, notebook: str) -> None:
    """Open a notebook in JupyterLab, wait for its kernel, and run all its cells."""
    page.goto(server.notebook_url(notebook))
    page.locator(".jp-NotebookPanel-toolbar").wait_for(timeout=60_000)
    server.wait_for_kernel(notebook)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
