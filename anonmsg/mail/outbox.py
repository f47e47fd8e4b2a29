"""The outbox: mails as files, for people who try the app without an account at a mail service."""

import asyncio
import itertools
import logging
import os
import secrets
import stat
from contextlib import suppress
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import TextIO

from anonmsg.clock import Clock
from anonmsg.errors import MailNotSent
from anonmsg.mail.mailer import Mail

log = logging.getLogger(__name__)

OUTBOX_TTL = timedelta(days=7)

NOT_WRITTEN = "The mail could not be written to the outbox folder. Please try again."
BAD_ADDRESS = "A mail can't be written to this address. Please check it."


class Outbox:
    """Writes each mail to a file that only this user can read, named by time, so that the newest is last."""

    def __init__(self, folder: Path, sender: str, clock: Clock, terminal: TextIO | None = None) -> None:
        """Prepare an outbox; nothing is written yet.

        Args:
            folder: Where the files go; made when the first mail comes.
            sender: The address in the `From` header.
            clock: Tells the time.
            terminal: Where recipient, subject, code and link are shown, if it is a terminal. Never a log.
        """
        self._folder = folder
        self._sender = sender
        self._clock = clock
        self._terminal = terminal
        self._numbers = itertools.count()

    async def send(self, mail: Mail) -> None:
        """Write `mail` to a file, and show its code or link on the terminal.

        Raises:
            MailNotSent: If it can't be written.
        """
        # The email package lets one line end through at the end of a value, and the headers would end there.
        if not f"{mail.to}{mail.subject}".isprintable():
            raise MailNotSent(BAD_ADDRESS)
        now = self._clock()
        name = f"{now:%Y%m%dT%H%M%S.%f}-{next(self._numbers):06}-{secrets.token_hex(3)}.eml"
        try:
            await asyncio.to_thread(self._write, mail, now, name)
        except (OSError, MessageError, ValueError) as error:
            log.warning("The outbox can't be written (%s).", type(error).__name__)
            raise MailNotSent(NOT_WRITTEN) from None
        self._show(mail)

    def tidy(self, now: datetime) -> None:
        """Remove the mails that are too old, and the drafts that a crash left behind: `*` matches dot files, too."""
        for path in self._folder.glob("*.eml"):
            try:
                if now.timestamp() - path.stat().st_mtime >= OUTBOX_TTL.total_seconds():
                    path.unlink()
            except FileNotFoundError:  # somebody else was quicker
                continue
            except OSError as error:  # an old mail must not stop a new one
                log.warning("An old mail can't be removed from the outbox (%s).", type(error).__name__)

    def _write(self, mail: Mail, now: datetime, name: str) -> None:
        letter = self._compose(mail, now).as_bytes()
        self._open_folder()
        self.tidy(now)
        draft = self._folder / f".{name}"
        try:
            with open(draft, "xb", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
                file.write(letter)
            draft.chmod(0o600)  # a strict umask may have taken even the owner's right to read
            os.utime(draft, (now.timestamp(), now.timestamp()))
            draft.rename(self._folder / name)
        finally:
            draft.unlink(missing_ok=True)

    def _open_folder(self) -> None:
        """Make the folder, and close it to everybody else even if it was there before."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(self._folder.stat().st_mode) != 0o700:
            self._folder.chmod(0o700)

    def _compose(self, mail: Mail, now: datetime) -> EmailMessage:
        message = EmailMessage(policy=SMTP.clone(utf8=True))
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(now)
        # As it stands, so that a person who opens the file in an editor can copy the link.
        message.set_content(mail.text, cte="8bit")
        message.add_alternative(mail.html, subtype="html")
        return message

    def _show(self, mail: Mail) -> None:
        code = f"\n    Code:    {mail.code}" if mail.code else ""
        link = f"\n    Link:    {mail.link}" if mail.link else ""
        text = f"\n  Mail in the outbox\n    To:      {mail.to}\n    Subject: {mail.subject}{code}{link}\n\n"
        with suppress(OSError, ValueError):  # the mail is written, whether the terminal is still there or not
            if self._terminal is None or not self._terminal.isatty():
                return
            encoding = self._terminal.encoding or "utf-8"
            self._terminal.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._terminal.flush()
