"""Finds a browser for the tests, or gets one; never lets them pass for want of one."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

ON_PATH = (
    "chromium-headless-shell",  # draws the same pages with a fifth less work
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
PACKAGES = ("chromium-headless-shell", "chromium")
"""Of the distributions, by preference; not all have the first."""

APT_SECONDS = 300
"""How long to wait for somebody else who installs packages."""

HOW = (
    "No browser was found and none could be installed. Install Chromium or Chrome, "
    "or set ANONMSG_BROWSER to the path of one."
)


def find_browser(playwright: Playwright) -> str:
    """Return the path of a browser: the one that is named, Playwright's own, the system's, or a new one."""
    return _named() or _bundled(playwright) or _system() or _install(playwright) or pytest.exit(HOW, 2)


def _named() -> str:
    path = os.environ.get("ANONMSG_BROWSER", "")
    if path and not Path(path).is_file():
        pytest.exit(f"ANONMSG_BROWSER names {path}, which is not there.", 2)
    return path


def _bundled(playwright: Playwright) -> str:
    path = playwright.chromium.executable_path
    return path if Path(path).is_file() else ""


def _system() -> str:
    return next(filter(None, map(shutil.which, ON_PATH)), "")


def _install(playwright: Playwright) -> str:
    """Install Playwright's browser, else the distribution's package where we may; other processes wait meanwhile."""
    with _alone():
        if path := _bundled(playwright) or _system():
            return path
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, capture_output=True)
        if path := _bundled(playwright):
            return path
        apt = shutil.which("apt-get")
        if apt and os.geteuid() == 0:
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            command = [apt, "-o", f"DPkg::Lock::Timeout={APT_SECONDS}"]
            subprocess.run([*command, "update"], check=False, capture_output=True, env=environment)
            for package in PACKAGES:
                install = [*command, "install", "-y", "--no-install-recommends", package]
                subprocess.run(install, check=False, capture_output=True, env=environment)
                if path := _system():
                    return path
        return ""


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time through: of two that install a package at once, one fails."""
    with open(Path(tempfile.gettempdir()) / f"anonmsg-browser-{os.geteuid()}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
