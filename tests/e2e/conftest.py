"""The real app, built and served as people run it, and a real browser that looks at it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from anonmsg.commands.building import ensure_built
from anonmsg.services.throttling import SCOPES
from tests.browser import find_browser
from tests.e2e.people import Recipient, Sender, close

START_SECONDS = 60
MANY = 300
ROOMY = {scope: "100000/minute" for scope in SCOPES if "client" in scope} | {"send per recipient": f"{MANY}/day"}
"""All people in the stories come from one address, many in a minute; other tests look at the limits.

Somebody who has got half of `MANY` messages stays near the limit, for the looks of the puzzle.
"""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXPECTED_NOISE = re.compile(
    r"Unrecognized feature: 'web-share'"  # a browser without a share sheet says so of the header
    r"|WebSocket is closed before the connection is established"  # a page that is left while it opens
    r"|Disconnect websocket on page navigation"  # what the framework notes when a document is left
)


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class App:
    """`anonmsg run` in a process of its own, with everything that it prints."""

    def __init__(self, data_dir: Path, port: int | None = None, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self._environment = environment
        self._log_path = data_dir.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the app and wait until it says that it is ready."""
        command = [
            sys.executable,
            "-m",
            "anonmsg.cli",
            "run",
            "--port",
            str(self.port),
            "--data-dir",
            str(self.data_dir),
        ]
        start = len(self.log)
        with open(self._log_path, "ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **self._environment}
            )
        wait_for(lambda: "anonmsg is ready" in self.log[start:] or self._process_ended(), START_SECONDS)
        assert "anonmsg is ready" in self.log[start:], self.log

    def _process_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything that the app has printed so far."""
        return self._log_path.read_text("utf-8", "replace") if self._log_path.exists() else ""

    def stop(self) -> int:
        """Stop the app the way a service manager does, and return its exit status."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def newest_mail(self, address: str) -> str:
        """Return the newest mail to an address, as text."""
        wait_for(lambda: any(f"To: {address}" in text for text in self._mails()), 10)
        return [text for text in self._mails() if f"To: {address}" in text][-1]

    def _mails(self) -> list[str]:
        return [path.read_text("utf-8") for path in sorted((self.data_dir / "outbox").glob("*.eml"))]

    def code_for(self, address: str) -> str:
        """Return the verification code in the newest mail to an address."""
        found = re.search(r"^Subject: (\d{6}) ", self.newest_mail(address), re.MULTILINE)
        assert found
        return found[1]

    def reset_link_for(self, address: str) -> str:
        """Return the link that resets a password, from the newest mail to an address that has one."""
        link = re.compile(rf"^{re.escape(self.url)}/reset-password/[\w-]+$", re.MULTILINE)
        wait_for(lambda: link.search(self.newest_mail(address)) is not None, 10)
        found = link.search(self.newest_mail(address))
        assert found
        return found[0]


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds, or for some seconds."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture(scope="session")
def built() -> None:
    """The front end, built once for the whole run."""
    ensure_built(lambda _: None)


@pytest.fixture(scope="package")
def app(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One running app for all stories; each makes its own people.

    It and the browser end with the stories: Playwright keeps an event loop running, under which no other test could
    start one.
    """
    app = App(tmp_path_factory.mktemp("app") / "data", LIMITS=json.dumps(ROOMY))
    app.start()
    yield app
    assert app.stop() == 0, app.log
    assert "Traceback" not in app.log, app.log
    assert "ERROR" not in app.log, app.log


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=FLAGS)
    yield browser
    browser.close()


class Watch:
    """Notes whatever goes wrong in a browser while a story is told."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.allowed: list[str] = []

    def page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("request", lambda request: self._request(request.url))

    def allow(self, pattern: str) -> None:
        """Expect a message in the console that this story causes on purpose."""
        self.allowed.append(pattern)

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not EXPECTED_NOISE.search(text):
            self.faults.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:")):
            self.faults.append(f"asked elsewhere: {url}")

    def check(self) -> None:
        left = [fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.allowed)]
        assert not left, left


@pytest.fixture(autouse=True)
def quiet_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a story during which the server logged an error."""
    if "app" not in request.fixturenames:
        yield
        return
    app: App = request.getfixturevalue("app")
    start = len(app.log)
    yield
    assert not re.search(r"Traceback|\bERROR\b", app.log[start:]), app.log[start:]


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.check()


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own: other cookies, other storage."""
    contexts = []

    def open_one(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 390, "height": 844}, **options})  # pyright: ignore[reportArgumentType]
        contexts.append(context)
        page = context.new_page()
        watch.page(page)
        return page

    yield open_one
    for context in contexts:
        close(context)


@pytest.fixture
def recipient(app: App, open_page: Callable[..., Page]) -> Recipient:
    """Somebody who has not signed up yet."""
    return Recipient(app, open_page())


@pytest.fixture
def sender(app: App, open_page: Callable[..., Page]) -> Sender:
    """Somebody without an account, in another browser."""
    return Sender(app, open_page())
