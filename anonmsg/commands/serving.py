"""`anonmsg run`: the built app on one port, with its database, until it is told to stop."""

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

from anonmsg import bootstrap
from anonmsg.commands.building import ROOT, WEB, ensure_built, environment
from anonmsg.errors import CannotStart
from anonmsg.settings import Settings, is_loopback, load_settings, pass_on
from anonmsg.storage.embedded import EmbeddedMongo, is_running

Say = Callable[[str], None]

STOP_SECONDS = 5
PR_SET_PDEATHSIG = 1


def settle(host: str, port: int, data_dir: str | None) -> Settings:
    """Return the settings for serving at an address, and pass them on to the processes of this run.

    Raises:
        CannotStart: If the address would be reachable from elsewhere while its links say "localhost".
    """
    if data_dir is not None:
        pass_on(data_dir=os.path.abspath(data_dir))
    settings = load_settings()
    if settings.public_url is None:
        if not is_loopback(host):
            raise CannotStart(
                f"--host {host} is reachable from elsewhere, so set PUBLIC_URL to the address that people use; "
                "all links in mails and pages start with it."
            )
        pass_on(public_url=f"http://localhost:{port}")
    pass_on(data_dir=str(settings.data_dir))
    return load_settings()


def check_port(host: str, port: int) -> None:
    """See whether the port can be had.

    Raises:
        CannotStart: If something else has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise CannotStart(f"Port {port} on {host} is taken. Choose another one with --port.") from None


def check_data_dir(settings: Settings) -> None:
    """See early whether another run has the data folder; starting the database decides it.

    Raises:
        CannotStart: If so.
    """
    if settings.embedded and is_running(settings.data_dir):
        raise CannotStart(f"anonmsg already runs on {settings.data_dir}. Stop it, or choose another --data-dir.")


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Callable[[], None]]:
    """Run the embedded database, if there is to be one; yields what waits until it is ready."""
    if not settings.embedded:
        yield lambda: None
        return
    with EmbeddedMongo(settings.data_dir) as server:
        yield server.wait_until_primary


def run(host: str, port: int, data_dir: str | None, say: Say) -> None:
    """Serve the app until Ctrl-C or SIGTERM.

    Raises:
        CannotStart: If something is missing; the sentence says what.
    """
    settings = settle(host, port, data_dir)
    check_port(host, port)
    check_data_dir(settings)
    settings.check_mail()
    os.chdir(ROOT)
    ensure_built(say)
    with database(settings) as wait_until_ready:
        serve = _load_app(host, port)
        wait_until_ready()
        asyncio.run(bootstrap.prepare(settings))
        _announce_when_serving(host, port, settings, say)
        serve()
    say("Stopped.")


def _load_app(host: str, port: int) -> Callable[[], None]:
    """Import the app while the database starts, and return what serves it.

    This is the framework's production server without its build step; its version is pinned because
    of the private names used here.
    """
    os.environ.update({**environment(), "REFLEX_WEB_WORKDIR": str(WEB), "REFLEX_SOCKET_TIMEOUT": "20"})
    os.environ.setdefault("REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE", "65536")
    sys.path.insert(0, str(ROOT))
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server
    from reflex import constants
    from reflex.config import get_config
    from reflex.utils import exec as framework_server
    from reflex_base.environment import environment as framework

    framework.REFLEX_ENV_MODE.set(constants.Env.PROD)
    framework.REFLEX_SKIP_COMPILE.set(True)
    framework.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
    get_config()._set_persistent(frontend_port=port, backend_port=port, backend_host=host)
    framework_server._preload_for_fork(None)
    os.register_at_fork(after_in_child=_belong_to_parent)
    multiprocessing.set_start_method("fork", force=True)
    server = Server(
        framework_server.get_app_instance_from_file(),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,  # the page state is in this process's memory
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.warning,
    )
    return server.serve


def _belong_to_parent() -> None:
    """Called in a new worker: leave Ctrl-C to the parent, and never outlive it.

    A worker that gets the terminal's signal and then the parent's may wait for ever between the two.
    A worker whose parent was killed would keep the port; Linux ends it with the parent (prctl(2)).
    """
    os.setpgrp()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _announce_when_serving(host: str, port: int, settings: Settings, say: Say) -> None:
    """Print the address as soon as the server answers there."""
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{'127.0.0.1' if shown == '0.0.0.0' else shown}:{port}/ping"  # noqa: S104  # compared, not bound

    def wait() -> None:
        for _ in range(600):
            with contextlib.suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(address, timeout=1).close()  # noqa: S310  # our own http address
                say(f"anonmsg is ready: {settings.site_url}  (Ctrl-C stops it)")
                return
            time.sleep(0.05)

    threading.Thread(target=wait, daemon=True, name="announce").start()
