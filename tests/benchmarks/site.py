"""A running app to measure, with people in it, and the services over the same database to prepare what is measured."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.clock import utc_now
from anonmsg.commands.building import ensure_built
from anonmsg.cookies import cookie_name
from anonmsg.models import User
from anonmsg.settings import Settings
from tests.benchmarks.load import ask_once, post
from tests.conftest import FakeMailer
from tests.e2e.conftest import App
from tests.integration.conftest import PASSWORD, People

FILL_AT_ONCE = 5000


@dataclass(frozen=True)
class Site:
    """An app process without limits, and what prepares it.

    Attributes:
        scale: By what large inboxes are divided, for a quick look; 1 measures what the budgets say.
        has_limits: Whether the app has the limits of every day.
    """

    app: App
    services: Services
    people: People
    scale: int
    has_limits: bool = False

    async def recipients(self, count: int, prefix: str = "anna") -> list[User]:
        """Make people with accounts."""
        return [await self.people.verified(f"{prefix}_{number}") for number in range(count)]

    async def fill(self, user: User, count: int, text: str = "Message {} in a long inbox.") -> None:
        """Put messages into an inbox, a second apart; `{}` in the text is their number."""
        start = datetime.now(UTC) - timedelta(days=30)
        for first in range(0, count, FILL_AT_ONCE):
            numbers = range(first, min(first + FILL_AT_ONCE, count))
            await self.services.messages.add_many(
                user.id, ((text.format(n), start + timedelta(seconds=n)) for n in numbers)
            )

    async def join(self, username: str) -> None:
        """Make an account over HTTP, whose password is hashed at the app's full cost."""
        email = f"{username}@example.com"
        form = {"username": username, "email": email, "password": PASSWORD}
        await ask_once(self.app.port, post(self.app.port, "/api/sign-up", form))
        code = await asyncio.to_thread(self.app.code_for, email)
        form = {"username": username, "code": code}
        await ask_once(self.app.port, post(self.app.port, "/api/verify-code", form))

    async def cookie(self, user: User) -> str:
        """Return the header of a browser that is signed in."""
        return f"{cookie_name(self.services.settings)}={await self.people.session(user.username)}"

    def memory(self) -> int:
        """Return the PSS of all processes of the app but mongod, in bytes."""
        return sum(_pss(pid) for pid in _family(self.app.pid) if "mongod" not in _name(pid))

    def worked(self) -> float:
        """Return how many seconds the processes of the app but mongod have worked so far."""
        return sum(_worked(pid) for pid in _family(self.app.pid) if "mongod" not in _name(pid))


@asynccontextmanager
async def running(scale: int = 1, *, has_limits: bool = False) -> AsyncIterator[Site]:
    """Run an app of its own for as long as something is measured; with limits it stands behind a proxy."""
    await asyncio.to_thread(ensure_built, lambda _: None)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        data_dir = Path(folder) / "data"
        environment = {"TRUSTED_PROXY_HOPS": "1"} if has_limits else {"RATE_LIMITS": "off"}
        app = App(data_dir, None, **environment)
        await asyncio.to_thread(app.start)
        settings = Settings(_env_file=None, data_dir=data_dir, rate_limits="off")  # pyright: ignore[reportCallIssue]
        database, mailer = bootstrap.open_database(settings), FakeMailer()
        secrets = bootstrap.load_secrets(settings)
        services = bootstrap.build_services(settings, secrets, database, mailer, utc_now, password_cost=4)
        try:
            yield Site(app, services, People(services, mailer), scale, has_limits)
        finally:
            await services.tagging.finish()
            await database.close()
            await asyncio.to_thread(app.stop)


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _family(int(child))
    return found


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text()


def _worked(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()  # a name may hold anything
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return (
        next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")) if os.path.exists("/proc") else 0
    )
