"""What every test may use: a clock that stands still until told, and a mailer that keeps what it is given."""

import signal
from datetime import UTC, datetime, timedelta

import pytest

from anonmsg.errors import MailNotSent
from anonmsg.mail.mailer import Mail

# A shell that starts us in the background lets us ignore Ctrl-C, and our programs would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


CLIENT = "a network"
"""The address bucket that tests come from."""


class FakeClock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.now = now.replace(microsecond=now.microsecond // 1000 * 1000)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


class FakeMailer:
    """A mailer that delivers to a list, or fails when told to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.failure = ""

    async def send(self, mail: Mail) -> None:
        if self.failure:
            raise MailNotSent(self.failure)
        self.mails.append(mail)

    @property
    def code(self) -> str:
        """The code in the newest mail."""
        return self.mails[-1].code

    def code_for(self, address: str) -> str:
        """The code in the newest mail to an address."""
        return next(mail.code for mail in reversed(self.mails) if mail.to == address)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()
