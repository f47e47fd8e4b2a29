"""`anonmsg dev`: the app for those who change it, rebuilt and reloaded with every saved file."""

import asyncio
from collections.abc import Callable

from anonmsg import bootstrap
from anonmsg.commands.building import end_framework, forget_build, only_builder, start_framework
from anonmsg.commands.serving import announce_when_serving, check_data_dir, check_port, database, settle
from anonmsg.errors import CannotStart

Say = Callable[[str], None]

STOP_SECONDS = 5


def run(host: str, port: int, data_dir: str | None, say: Say) -> None:
    """Serve the app until it is told to stop.

    It writes over the pages that `anonmsg run` serves, so these count as missing from now on, and nobody else may
    build meanwhile.

    Raises:
        CannotStart: If something is missing; the sentence says what.
    """
    settings = settle(host, port, data_dir)
    check_data_dir(settings)
    check_port(host, port)
    settings.check_mail()
    with database(settings) as wait_until_ready, only_builder(say) as lock:
        wait_until_ready()
        asyncio.run(bootstrap.prepare(settings))
        forget_build()
        arguments = ["run", "--env", "preview", "--backend-host", host, "--backend-port", str(port)]
        process = start_framework(arguments, lock)
        try:
            announce_when_serving(host, port, settings, say)
            if process.wait():
                raise CannotStart("The app ended; what it printed last says why.")
        finally:
            end_framework(process, patience=STOP_SECONDS)
