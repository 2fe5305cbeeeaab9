"""A page in headless Chromium, as a test sees it: requests made, console errors, a picture, JavaScript.

    with open_page("out/report.html") as page:
        assert page.requests == [] and page.errors == []
        assert page.evaluate("document.title") == "..."
        page.screenshot("page.png")

Without Chromium a test is skipped with a reason; where CI=true it fails instead, so that no
browser test is ever lost in silence.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--mute-audio", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--remote-allow-origins=*", "--remote-debugging-port=0",
)  # fmt: skip
INSIDE = ("data:", "blob:", "about:")


def find_chromium() -> str | None:
    """The path of a Chromium, or None; the variable CHROMIUM names one that is not on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def require_chromium() -> str:
    """The path of a Chromium; skips the test without one, and fails it where CI=true."""
    found = find_chromium()
    if found is None:
        reason = (
            "no Chromium was found: install it (on Debian: apt install chromium) or name it in the variable CHROMIUM"
        )
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class _Browser:
    """One Chromium with a fresh profile, shared by the tests of a process and ended with it."""

    def __init__(self) -> None:
        self.profile = tempfile.mkdtemp(prefix="gba-chromium-")
        command = [require_chromium(), *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.close)
        self.port = self._port()

    def _port(self) -> int:
        told = Path(self.profile) / "DevToolsActivePort"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if told.exists() and (lines := told.read_text().splitlines()):
                return int(lines[0])
            time.sleep(0.05)
        raise RuntimeError("Chromium did not open its debugging port within 60 seconds")

    def new_tab(self) -> dict[str, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never a proxy to this machine itself
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.profile, ignore_errors=True)


_browser: _Browser | None = None


def browser() -> _Browser:
    """The Chromium of this process, started at the first call."""
    global _browser
    if _browser is None or _browser.process.poll() is not None:
        _browser = _Browser()
    return _browser


class Page:
    """An open page.

    Attributes
    ----------
    requests : list of str
        Every URL asked for, beyond the page's own file and data inside it.
    errors : list of str
        What the console got as an error, exceptions included.
    dialogs : list of str
        The texts of alert(), confirm() and prompt(), which are dismissed.
    load_seconds : float
        From the start of the navigation to the load event.
    """

    def __init__(self, path: str | Path, size: tuple[int, int], settle: float, timeout: float, touch: bool) -> None:
        import websocket

        self.url = path if isinstance(path, str) and path.startswith("http") else Path(path).resolve().as_uri()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.timeout = timeout
        self._count = 0
        self._loaded = False
        tab = browser().new_tab()
        self._socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=timeout, http_no_proxy=["*"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")
        self.resize(*size)
        if touch:
            self.command("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
        start = time.monotonic()
        self.command("Page.navigate", url=self.url)
        while not self._loaded:
            self._receive(max(0.1, start + timeout - time.monotonic()))
        self.load_seconds = time.monotonic() - start
        self.wait(settle)

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        with suppress(RuntimeError):  # a page that is gone, such as one that was still loading, is closed
            self.command("Page.close")
        self._socket.close()

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol; its answer."""
        self._count += 1
        number = self._count
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        deadline = time.monotonic() + self.timeout
        while True:
            message = self._receive(max(0.1, deadline - time.monotonic()))
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def _receive(self, timeout: float) -> dict[str, Any]:
        self._socket.settimeout(timeout)
        message = json.loads(self._socket.recv())
        handler = {
            "Network.requestWillBeSent": self._on_request,
            "Runtime.exceptionThrown": self._on_exception,
            "Runtime.consoleAPICalled": self._on_console,
            "Log.entryAdded": self._on_log,
            "Page.javascriptDialogOpening": self._on_dialog,
            "Page.loadEventFired": self._on_load,
        }.get(message.get("method", ""))
        if handler:
            handler(message["params"])
        return message

    def _on_request(self, params: dict[str, Any]) -> None:
        url = params["request"]["url"]
        if url.split("#")[0] != self.url and not url.startswith(INSIDE):
            self.requests.append(url)

    def _on_exception(self, params: dict[str, Any]) -> None:
        details = params["exceptionDetails"]
        self.errors.append(details.get("exception", {}).get("description") or details["text"])

    def _on_console(self, params: dict[str, Any]) -> None:
        if params["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(a.get("value", a.get("description", ""))) for a in params["args"]))

    def _on_log(self, params: dict[str, Any]) -> None:
        if params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])

    def _on_dialog(self, params: dict[str, Any]) -> None:
        self.dialogs.append(params["message"])
        self._count += 1  # the answer to this command is read and passed over by whoever waits
        dismiss = {"id": self._count, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
        self._socket.send(json.dumps(dismiss))

    def _on_load(self, _: dict[str, Any]) -> None:
        self._loaded = True

    def reload(self, address: str = "", settle: float = 0.3) -> None:
        """Load the page anew, with `address` behind the #; wait for its load and `settle` seconds."""
        if address:
            self.evaluate(f"history.replaceState(null, '', {json.dumps('#' + address.removeprefix('#'))})")
        self._loaded = False
        self.command("Page.reload")
        deadline = time.monotonic() + self.timeout
        while not self._loaded:
            self._receive(max(0.1, deadline - time.monotonic()))
        self.wait(settle)

    def wait(self, seconds: float) -> None:
        """Let the page run for a while; events are taken in meanwhile."""
        self.evaluate(f"new Promise(done => setTimeout(done, {int(seconds * 1000)}))")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression (of a promise: what it resolves to)."""
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def resize(self, width: int, height: int) -> None:
        """Give the page another size in pixels."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def click(self, selector: str) -> None:
        """Click the middle of the first element that matches a CSS selector."""
        box = self.evaluate(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        self.click_at(*box)

    def click_at(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        self.move_to(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.wait(0.1)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 5) -> None:
        """Press the mouse at `start`, move it to `end` and let go."""
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=start[0], y=start[1])
        self.command(
            "Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", clickCount=1
        )
        for step in range(1, steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self.command("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)
        self.wait(0.1)

    def touch(self, *paths: list[tuple[float, float]]) -> None:
        """Put down a finger at the start of each of the `paths`, move all of them along, and lift them."""
        for step, places in enumerate(zip(*paths, strict=True)):
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
            self.command("Input.dispatchTouchEvent", type="touchMove" if step else "touchStart", touchPoints=points)
            self.wait(0.02)
        self.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.wait(0.4)

    def press(self, key: str, code: int) -> None:
        """Press and release a key, such as ``"ArrowLeft"`` with the code 37, where the focus is."""
        for kind in ("rawKeyDown", "keyUp"):
            self.command(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                nativeVirtualKeyCode=code,
            )  # fmt: skip
        self.wait(0.1)

    def move_to(self, x: float, y: float) -> None:
        """Move the mouse to a place of the window."""
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.wait(0.05)

    def screenshot(self, path: str | Path | None = None, *, whole: bool = False) -> bytes:
        """A PNG of the window, or of the `whole` page; written to `path` if given."""
        answer = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        picture = base64.b64decode(answer["data"])
        if path is not None:
            Path(path).write_bytes(picture)
        return picture


def open_page(
    path: str | Path,
    *,
    size: tuple[int, int] = (1200, 800),
    settle: float = 0.3,
    timeout: float = 60,
    touch: bool = False,
) -> Page:
    """Open a file, or a page that this machine serves, in headless Chromium; wait for its load and `settle` seconds."""
    require_chromium()
    return Page(path, size, settle, timeout, touch)
