"""Getting a browser: on a machine without one, several test processes look for it at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Playwright

from tests import browser


class FakeInstaller:
    """Package tools of which one at a time may run, as the real ones: a second one fails at once."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._lock = Lock()
        self.installed = 0

    def run(self, command: list[str], **_: Any) -> None:
        if "chromium" not in command or "playwright" in command or not self._lock.acquire(blocking=False):
            return
        try:
            time.sleep(0.2)
            self._target.write_text("a browser")
            self._target.chmod(0o755)
            self.installed += 1
        finally:
            self._lock.release()


def test_two_that_find_no_browser_install_one_and_both_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "chromium"
    (tmp_path / "apt-get").write_text("")
    (tmp_path / "apt-get").chmod(0o755)
    installer = FakeInstaller(target)
    monkeypatch.delenv("ANONMSG_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=None)
    monkeypatch.setattr(browser.subprocess, "run", installer.run)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(browser.tempfile, "gettempdir", lambda: str(tmp_path))
    playwright = cast("Playwright", SimpleNamespace(chromium=SimpleNamespace(executable_path=str(tmp_path / "none"))))

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(browser.find_browser, [playwright, playwright]))

    assert found == [str(target), str(target)]
    assert installer.installed == 1
