"""`anonmsg …`: the commands, their options, and one sentence when something is wrong."""

import secrets
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from anonmsg.errors import AnonmsgError
from anonmsg.settings import DEFAULT_PORT, SECRET_BYTES, encode_secret

DATA_DIR = click.option(
    "--data-dir", type=click.Path(file_okay=False), default=None, help="Folder of the embedded database. [.anonmsg]"
)
HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
PORT = click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="Port.")


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print what went wrong as one sentence instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except AnonmsgError as error:
            click.secho(str(error), err=True, fg="red")
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="anonmsg")
def main() -> None:
    """Share one link, receive honest anonymous messages."""


@main.command()
@HOST
@PORT
@DATA_DIR
@plain_errors
def run(host: str, port: int, data_dir: str | None) -> None:
    """Serve the app. Builds the pages first if they are missing or out of date."""
    from anonmsg.commands import serving

    serving.run(host, port, data_dir, click.echo)


@main.command()
@HOST
@PORT
@DATA_DIR
@plain_errors
def dev(host: str, port: int, data_dir: str | None) -> None:
    """Serve the app for people who change it: every saved file rebuilds and reloads it."""
    from anonmsg.commands import developing

    developing.run(host, port, data_dir, click.echo)


@main.command()
@click.option("--username", default="demo", show_default=True, help="Name of the demo account.")
@click.option("--messages", default=20, show_default=True, type=click.IntRange(0, 10_000_000), help="How many.")
@DATA_DIR
@plain_errors
def seed(username: str, messages: int, data_dir: str | None) -> None:
    """Make a verified demo account with messages, and print its password."""
    from anonmsg.commands import seeding

    seeding.run(username, messages, data_dir, click.echo)


@main.command()
@DATA_DIR
@plain_errors
def doctor(data_dir: str | None) -> None:
    """Check settings, database, mail, keys and build, and say what to mend."""
    from anonmsg.commands import examining

    sys.exit(examining.run(data_dir, click.echo))


@main.command()
def secret() -> None:
    """Print a new secret for SECRET_KEY or MASTER_KEY."""
    click.echo(encode_secret(secrets.token_bytes(SECRET_BYTES)))


if __name__ == "__main__":
    main()
