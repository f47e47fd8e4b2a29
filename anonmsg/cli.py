"""`anonmsg …`: the commands, their options, and one sentence when something is wrong."""

import gc
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any, NoReturn

import click

from anonmsg.commands.building import ROOT
from anonmsg.errors import AnonmsgError
from anonmsg.settings import DEFAULT_PORT, SECRET_BYTES, encode_secret

DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, resolve_path=True),
    help="Folder of the embedded database.  [default: DATA_DIR, else .anonmsg in the project's folder]",
)
HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
PORT = click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="Port.")

STOPPING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else []))


def in_project(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command in the project's folder, where `.env` is; show what goes wrong as one sentence."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        os.chdir(ROOT)
        try:
            with stopped_by_signals():
                command(*args, **kwargs)
        except AnonmsgError as error:
            click.secho(str(error), err=True, fg="red")
            sys.exit(1)

    return run


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Leave the block in an orderly way on Ctrl-C, SIGTERM or a closed terminal; a second one changes nothing."""

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    before = {number: signal.getsignal(number) for number in STOPPING}
    for number, present in before.items():
        if present is not signal.SIG_IGN:  # as `nohup` sets it
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="anonmsg")
def main() -> None:
    """Share one link, receive honest anonymous messages.

    Settings come from the environment or from the file .env in the project's folder.
    """


@main.command(short_help="Serve the app.")
@HOST
@PORT
@DATA_DIR
@in_project
def run(host: str, port: int, data_dir: str | None) -> None:
    """Serve the app until Ctrl-C.

    Builds the pages first if they are missing or out of date, and starts a MongoDB of its own unless MONGODB_URI is
    set. Other addresses than this machine's own need PUBLIC_URL.
    """
    gc.disable()  # looking for garbage among what is being imported takes time and finds none
    from anonmsg.commands import serving  # here, so that each command loads only what it needs

    serving.run(host, port, data_dir, click.echo)


@main.command(short_help="Serve the app for those who change it.")
@HOST
@PORT
@DATA_DIR
@in_project
def dev(host: str, port: int, data_dir: str | None) -> None:
    """Serve the app for those who change it: every saved file rebuilds and reloads it.

    Reload the page in the browser to see a change. The next `anonmsg run` builds anew.
    """
    from anonmsg.commands import developing

    developing.run(host, port, data_dir, click.echo)


@main.command(short_help="Make a demo account with messages.")
@click.option("--username", default="demo", show_default=True, help="Name of the demo account.")
@click.option("--messages", default=20, show_default=True, type=click.IntRange(0, 10_000_000), help="How many.")
@DATA_DIR
@in_project
def seed(username: str, messages: int, data_dir: str | None) -> None:
    """Make a verified demo account with messages, and print its password.

    Joins the database of an `anonmsg run` on the same folder. A name that was seeded before gets that many messages
    more and keeps the password printed then; other people's accounts are left alone.
    """
    from anonmsg.commands import seeding

    seeding.run(username, messages, data_dir, click.echo)


@main.command(short_help="Check everything, and say what to mend.")
@DATA_DIR
@in_project
def doctor(data_dir: str | None) -> None:
    """Check settings, database, mail, keys and build, and say what to mend.

    Changes nothing, and shows no secret. The exit status is 1 if something must be mended, else 0.
    """
    from anonmsg.commands import examining

    sys.exit(examining.run(data_dir, click.echo))


@main.command()
def secret() -> None:
    """Print a new secret for SECRET_KEY or MASTER_KEY."""
    click.echo(encode_secret(secrets.token_bytes(SECRET_BYTES)))


if __name__ == "__main__":
    main()
