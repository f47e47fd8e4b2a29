"""`anonmsg run`: the built app on one port, with its database, until it is told to stop."""

import asyncio
import contextlib
import ctypes
import errno
import gc
import http.client
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus

from anonmsg import bootstrap
from anonmsg.commands.building import ROOT, ensure_built, environment, is_current
from anonmsg.errors import CannotStart
from anonmsg.settings import Settings, is_loopback, load_settings, pass_on
from anonmsg.storage.embedded import EmbeddedMongo, is_running

Say = Callable[[str], None]

STOP_SECONDS = 5
POLL_SECONDS = 0.01
PR_SET_PDEATHSIG = 1


def settings_for(data_dir: str | None) -> Settings:
    """Return the settings with another data folder, if one is given.

    Raises:
        CannotStart: If a setting is wrong.
    """
    if data_dir is not None:
        pass_on(data_dir=os.path.abspath(data_dir))
    return load_settings()


def settle(host: str, port: int, data_dir: str | None) -> Settings:
    """Return the settings for serving at an address, and pass them on to the processes of this run.

    Raises:
        CannotStart: If the address would be reachable from elsewhere while its links say "localhost".
    """
    settings = settings_for(data_dir)
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
        CannotStart: If not; the sentence says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise CannotStart(f"--host {host} is no address that anonmsg can listen on.") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(f"Port {port} on {host} is taken. Choose another one with --port.") from None
            reason = os.strerror(error.errno) if error.errno else "it is refused"
            raise CannotStart(f"anonmsg can't listen on port {port} of {host}: {reason}.") from None


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
    """Serve the app until it is told to stop.

    Raises:
        CannotStart: If something is missing; the sentence says what.
    """
    settings = settle(host, port, data_dir)
    check_data_dir(settings)
    check_port(host, port)
    settings.check_mail()
    with database(settings) as wait_until_ready:
        if is_current():
            serve = _load_app(host, port)  # the database starts meanwhile
            _prepare(settings, wait_until_ready)
        else:
            _prepare(settings, wait_until_ready)  # first, because a build takes long and this may fail
            ensure_built(say)
            check_port(host, port)
            serve = _load_app(host, port)
        announce_when_serving(host, port, settings, say)
        serve()
    say("Stopped.")


def _prepare(settings: Settings, wait_until_ready: Callable[[], None]) -> None:
    wait_until_ready()
    asyncio.run(bootstrap.prepare(settings))


def _load_app(host: str, port: int) -> Callable[[], None]:
    """Import the app while the database starts, and return what serves it.

    This is the framework's production server without its build step; its version is pinned because
    of the private names used here.
    """
    os.environ.update(environment())
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
    with without("requests"):  # only the client of the framework's websockets would use it
        framework_server._preload_for_fork(None)
    gc.freeze()  # what is imported stays; each look through it would hold everybody up for 60 ms and more
    gc.set_threshold(10_000, 20, 20)  # a request makes a thousand objects and leaves none behind
    gc.enable()
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
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    )
    server.signal_handler_reload = server.signal_handler_interrupt  # a closed terminal ends everything
    return server.serve


@contextlib.contextmanager
def without(module: str) -> Iterator[None]:
    """Import what can do without a module as if that were not installed."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # pyright: ignore[reportArgumentType]  # so the import system says no to it
    try:
        yield
    finally:
        del sys.modules[module]


def _belong_to_parent() -> None:
    """Called in a new worker: leave Ctrl-C to the parent, and never outlive it.

    A worker that gets the terminal's signal and then the parent's may wait for ever between the two.
    A worker whose parent was killed would keep the port; Linux ends it with the parent (prctl(2)).
    """
    os.setpgrp()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def announce_when_serving(host: str, port: int, settings: Settings, say: Say) -> None:
    """Print the address as soon as the server answers there."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound

    def wait() -> None:
        while not _answers(own, port):
            time.sleep(POLL_SECONDS)
        say(f"anonmsg is ready: {settings.site_url}  (Ctrl-C stops it)")

    threading.Thread(target=wait, daemon=True, name="announce").start()


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)  # unlike urllib it never asks a proxy
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
