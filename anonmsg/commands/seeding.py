"""`anonmsg seed`: a demo account with any number of messages, to try things out and to measure them."""

import asyncio
import contextlib
import itertools
import random
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.clock import utc_now
from anonmsg.commands.serving import database, settings_for
from anonmsg.errors import CannotStart, UsernameTaken
from anonmsg.models import Mail, User
from anonmsg.prompts import PROMPTS
from anonmsg.routes import send_page
from anonmsg.schemas import SignUpForm, parse
from anonmsg.settings import Settings
from anonmsg.storage.embedded import is_running
from anonmsg.tokens import hash_token

Say = Callable[[str], None]

CLIENT = "this command"
"""What stands for an address bucket: nobody's."""

DOMAIN = "seed.invalid"
"""Nobody can sign up with an address there (RFC 2606), so whoever has one was made here."""

PAUSE = timedelta(hours=7)
LONGEST_AGE = timedelta(days=365)
READ_AFTER = timedelta(days=7)
"""Older messages have been read."""

BATCH = 5_000
IN_FLIGHT = 3
REPORT_SECONDS = 2

BEGINNINGS = tuple(prompt for prompt in PROMPTS if prompt.endswith(":"))
OPENINGS = (
    "Honestly,", "I never said so, but", "Just so you know:", "One thing I noticed:", "You asked, so:", "Small thing:",
    "Hi!", "Okay, anonymous and all,", "From the back row:", "After last week", "Don't take it badly, but", "Hey,",
)  # fmt: skip
THOUGHTS = (
    "you explain hard things better than anybody I know.", "your talk was the best of the day.",
    "you interrupt people more often than you think.", "I wish we had more time to talk.",
    "the new design is so much easier to read.", "you could ask for help earlier.", "your playlists are terrible.",
    "you made my first week here bearable.", "the meeting could have been a mail.", "I'd love to work with you again.",
    "you are calmer under pressure than all of us.", "the last chapter lost me completely.",
    "you were right about the deadline, and I was not.", "that joke about the cat still makes me laugh 😹",
    "nobody says it, but we all rely on you.", "der Kuchen war großartig.", "your notes saved my exam.",
    "I think you sell yourself short.", "I was the one who left the flowers 🌷", "you answer too quickly at times.",
)  # fmt: skip
ENDINGS = (
    "", "Thank you.", "Keep going!", "That's all.", "I mean it.", "Sorry that I say it this way.", "Think about it?",
    "See you on Monday.", "🙂", "\n\nP.S. You won't guess who this is.", "No need to answer, you can't anyway.",
)  # fmt: skip


class CodeReader:
    """A mailer that only reads the code."""

    code = ""

    async def send(self, mail: Mail) -> None:
        """Keep the mail's code."""
        self.code = mail.code


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time that is set."""
        return self.now


class Progress:
    """Says now and then how far the work is."""

    def __init__(self, total: int, say: Say) -> None:
        self._total = total
        self._say = say
        self._done = 0
        self._began = self._said = time.monotonic()

    def add(self, count: int) -> None:
        """Note that some more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._said >= REPORT_SECONDS or self._done == self._total:
            self._said = now
            rate = self._done / max(now - self._began, 0.001)
            self._say(f"  {self._done:,} of {self._total:,} messages, {rate:,.0f} a second")


def run(username: str, messages: int, data_dir: str | None, say: Say) -> None:
    """Make the account if it is not there, and give it that many messages more.

    Raises:
        CannotStart: If the name is somebody's own, or the database can't be used.
        InvalidInput: If it can't be a name.
    """
    settings = settings_for(data_dir)
    with _joined(settings):
        asyncio.run(_seed(settings, username, messages, say))


@contextlib.contextmanager
def _joined(settings: Settings) -> Iterator[None]:
    """Use the database of a running app, or start it for this block."""
    if settings.embedded and is_running(settings.data_dir):
        yield
        return
    with database(settings) as wait_until_ready:
        wait_until_ready()
        yield


async def _seed(settings: Settings, username: str, count: int, say: Say) -> None:
    await bootstrap.prepare(settings)
    now = utc_now()
    database, mailer, clock = bootstrap.open_database(settings), CodeReader(), SetClock(now)
    services = bootstrap.build_services(settings, bootstrap.load_secrets(settings), database, mailer, clock)
    try:
        made = await services.users.get_credentials(f"{username}@{DOMAIN}")
        if made:
            user = made.user
            say(f"@{user.username} gets more messages; its password is still the one printed when it was made.")
        else:
            created_at = now - min(max(count, 1) * PAUSE, LONGEST_AGE)
            user = await _add_account(services, mailer, clock, username, created_at, say)
        await _fill(services, user, count, now, say)
    finally:
        await database.close()
    say(f"Its share link is {settings.site_url}{send_page(user.username)}")


async def _add_account(
    services: Services, mailer: CodeReader, clock: SetClock, username: str, created_at: datetime, say: Say
) -> User:
    """Sign up and verify as a person does, so that everything about the account is real."""
    password = secrets.token_urlsafe(9)
    form = parse(SignUpForm, {"username": username, "email": "demo@example.com", "password": password})
    try:
        started = await services.accounts.sign_up(form.model_copy(update={"email": f"{username}@{DOMAIN}"}), CLIENT)
        clock.now = created_at  # so that the account is older than its messages
        user = await services.accounts.verify(hash_token(started.token), username, mailer.code, CLIENT)
    except UsernameTaken:
        raise CannotStart(
            f"@{username} is somebody's own account or a name of the site. Choose another --username."
        ) from None
    say(f"Made @{username}. Its password is {password}")
    return user


async def _fill(services: Services, user: User, count: int, now: datetime, say: Say) -> None:
    """Store messages in batches; while the database writes some, the next are being encrypted."""
    rows = zip(_contents(), _times(user.created_at, now, count), strict=False)
    progress = Progress(count, say)

    async def store() -> None:
        while batch := list(itertools.islice(rows, BATCH)):
            await services.messages.add_many(user.id, batch, now - READ_AFTER)
            progress.add(len(batch))

    await asyncio.gather(*(store() for _ in range(IN_FLIGHT)))


def _contents() -> Iterator[str]:
    """Yield messages as people write them, without end."""
    choose = random.choice
    while True:
        if random.random() < 0.2:  # noqa: S311  # nothing secret is chosen here
            yield f"{choose(BEGINNINGS)} {choose(THOUGHTS)}"
        else:
            yield f"{choose(OPENINGS)} {choose(THOUGHTS)} {choose(ENDINGS)}".rstrip()


def _times(start: datetime, end: datetime, count: int) -> Iterator[datetime]:
    """Yield times between two, one after the other, at uneven distances."""
    step = (end - start) / max(count, 1)
    for number in range(count):
        yield start + step * (number + random.random())  # noqa: S311  # likewise
