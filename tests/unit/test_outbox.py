"""The outbox writes mails that only their owner can read, and shows their codes on terminals only."""

import asyncio
import io
import logging
import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from anonmsg.errors import MailNotSent
from anonmsg.mail.letters import verification_mail
from anonmsg.mail.mailer import Mail
from anonmsg.mail.outbox import BAD_ADDRESS, NOT_WRITTEN, Outbox
from tests.conftest import FakeClock

SENDER = "anonmsg <hello@example.org>"
LINK = "http://localhost:3000/verify/bob#code=482913&sign-up=0f3c9d2e5b7a41e8a1d6c4b2f0e97385"


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal, with the encoding of an old one."""

    encoding = "ascii"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]  # C has no setter

    def isatty(self) -> bool:
        return True


class ClosedTerminal(FakeTerminal):
    """A terminal whose window is gone."""

    def write(self, s: str, /) -> int:
        raise OSError(5, "Input/output error")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox"


@pytest.fixture
def outbox(folder: Path, clock: FakeClock) -> Outbox:
    return Outbox(folder, SENDER, clock)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request: pytest.FixtureRequest, folder: Path) -> Iterator[int]:
    """Run the test under a loose, a usual, a strict and an absurd umask."""
    folder.parent.mkdir()
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def letter(to: str = "bob@example.com", code: str = "482913") -> Mail:
    return verification_mail(to, "bob", code, LINK, "http://localhost:3000")


def make_folder(folder: Path, mode: int) -> None:
    folder.mkdir(parents=True)
    folder.chmod(mode)


def names(folder: Path) -> list[str]:
    """Return all file names, drafts included, in order; none if there is no folder."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def subjects(folder: Path) -> list[str]:
    return [str(read(folder / name)["Subject"]) for name in names(folder)]


def read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_is_made_before_the_first_mail(folder: Path, clock: FakeClock) -> None:
    outbox = Outbox(folder, SENDER, clock)

    outbox.tidy(clock())

    assert not folder.exists()


async def test_a_mail_can_be_read_by_any_mail_program(outbox: Outbox, folder: Path, clock: FakeClock) -> None:
    await outbox.send(letter())

    [name] = names(folder)
    mail = read(folder / name)
    assert name.endswith(".eml")
    assert mail.defects == []
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "bob@example.com", "482913 is your anonmsg code")
    assert parsedate_to_datetime(mail["Date"]) == clock().replace(microsecond=0)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", ["plain", "html"])
async def test_both_parts_hold_the_code_and_come_back_unchanged(outbox: Outbox, folder: Path, kind: str) -> None:
    sent = letter()

    await outbox.send(sent)

    part = read(folder / names(folder)[0]).get_body((kind,))
    assert part
    content = part.get_content()
    assert "482913" in content
    assert content.splitlines() == (sent.text if kind == "plain" else sent.html).splitlines()


async def test_the_link_stands_whole_in_the_file_so_that_a_person_can_copy_it(outbox: Outbox, folder: Path) -> None:
    await outbox.send(letter())

    assert LINK in (folder / names(folder)[0]).read_text("utf-8").splitlines()


async def test_only_the_owner_can_read_files_and_folder_whatever_the_umask(
    umask: int, outbox: Outbox, folder: Path
) -> None:
    await outbox.send(letter())

    assert mode(folder) == 0o700
    assert [mode(folder / name) for name in names(folder)] == [0o600]


async def test_a_draft_is_closed_to_others_from_its_first_byte(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    before = os.umask(0)

    await outbox.send(letter())

    os.umask(before)
    assert [mode(folder / name) for name in names(folder)] == [0o600]


async def test_a_folder_that_was_open_to_others_is_closed(outbox: Outbox, folder: Path) -> None:
    make_folder(folder, 0o755)

    await outbox.send(letter())

    assert mode(folder) == 0o700


async def test_the_newest_mail_is_last_by_name(outbox: Outbox, folder: Path, clock: FakeClock) -> None:
    for number in range(3):
        await outbox.send(letter(code=f"{number:06}"))
        clock.advance(timedelta(hours=9))

    assert [subject[:6] for subject in subjects(folder)] == ["000000", "000001", "000002"]


async def test_mails_of_the_same_moment_keep_their_order(outbox: Outbox, folder: Path) -> None:
    for number in range(12):
        await outbox.send(letter(code=f"{number:06}"))

    assert [int(subject[:6]) for subject in subjects(folder)] == list(range(12))


async def test_many_mails_at_once_are_all_written(outbox: Outbox, folder: Path) -> None:
    await asyncio.gather(*(outbox.send(letter(code=f"{number:06}")) for number in range(20)))

    assert [int(subject[:6]) for subject in subjects(folder)] == list(range(20))


async def test_a_mail_is_gone_after_seven_days(outbox: Outbox, folder: Path, clock: FakeClock) -> None:
    await outbox.send(letter(code="000001"))
    clock.advance(timedelta(days=7))

    await outbox.send(letter(code="000002"))

    assert subjects(folder) == ["000002 is your anonmsg code"]


async def test_a_mail_is_there_for_seven_days(outbox: Outbox, folder: Path, clock: FakeClock) -> None:
    await outbox.send(letter(code="000001"))
    clock.advance(timedelta(days=7) - timedelta(seconds=1))

    outbox.tidy(clock())

    assert subjects(folder) == ["000001 is your anonmsg code"]


def test_old_drafts_go_with_the_old_mails_and_other_files_stay(outbox: Outbox, folder: Path, clock: FakeClock) -> None:
    folder.mkdir(parents=True)
    for name in (".20260101T000000.000000-000000-abcdef.eml", "notes.txt"):
        (folder / name).write_text("by a run that was killed")
        os.utime(folder / name, (0, 0))

    outbox.tidy(clock())

    assert names(folder) == ["notes.txt"]


async def test_an_old_mail_that_cannot_be_removed_does_not_stop_a_new_one(
    outbox: Outbox, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "stuck.eml").mkdir(parents=True)
    os.utime(folder / "stuck.eml", (0, 0))

    await outbox.send(letter())

    assert len(names(folder)) == 2
    assert "can't be removed" in caplog.text


def test_a_mail_that_somebody_else_removes_first_is_no_trouble(
    outbox: Outbox, folder: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir(parents=True)
    (folder / "gone.eml").symlink_to(folder / "nowhere")

    outbox.tidy(clock())

    assert caplog.text == ""


async def test_a_write_that_fails_leaves_no_draft(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "utime", disk_full)

    with pytest.raises(MailNotSent) as refusal:
        await outbox.send(letter())

    assert str(refusal.value) == NOT_WRITTEN
    assert names(folder) == []


async def test_a_folder_that_cannot_be_written_is_told_plainly(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    terminal = FakeTerminal()
    outbox = Outbox(tmp_path / "file" / "outbox", SENDER, clock, terminal)

    with pytest.raises(MailNotSent) as refusal:
        await outbox.send(letter())

    assert str(refusal.value) == "The mail could not be written to the outbox folder. Please try again."
    assert "NotADirectoryError" in caplog.text
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c\nBcc: x@y.z",
        "a@b.c\r\nBcc: x@y.z",
        "a@b.c\n",
        "a@b.c\r",
        "a@b.c\x0b",
        "a@b.c\u2028Bcc: x@y.z",
        "a@b.c\x1b[2J",
        "a\x00@b.c",
        "a\ud800@b.c",
    ],
)
async def test_an_address_that_smuggles_something_in_is_refused_and_nothing_written(
    folder: Path, clock: FakeClock, address: str
) -> None:
    terminal = FakeTerminal()

    with pytest.raises(MailNotSent) as refusal:
        await Outbox(folder, SENDER, clock, terminal).send(letter(to=address))

    assert str(refusal.value) == BAD_ADDRESS == "A mail can't be written to this address. Please check it."
    assert names(folder) == []
    assert terminal.getvalue() == ""


async def test_a_subject_that_smuggles_a_header_in_is_refused(outbox: Outbox, folder: Path) -> None:
    with pytest.raises(MailNotSent):
        await outbox.send(Mail("a@b.example", "Hello\nBcc: x@y.z", "<p>Hi</p>", "Hi\n"))

    assert names(folder) == []


@pytest.mark.parametrize(
    "address",
    [
        "jörg@bücher.example",
        "用户@例子.测试",
        "пример@почта.рф",
        "o'brien+tag@example.com",
        "u\u0308@example.com",
        f"{'ü' * 32}@{'.'.join(['ä' * 30] * 3)}.example",
        f"{'x' * 64}@{'.'.join(['d' * 60] * 3)}.example",
    ],
)
async def test_international_and_long_addresses_are_written_as_they_were_typed(
    outbox: Outbox, folder: Path, address: str
) -> None:
    await outbox.send(letter(to=address))

    path = folder / names(folder)[0]
    assert f"To: {address}" in path.read_text("utf-8").splitlines()
    assert read(path).defects == []


async def test_a_terminal_shows_recipient_subject_and_code(folder: Path, clock: FakeClock) -> None:
    terminal = FakeTerminal()

    await Outbox(folder, SENDER, clock, terminal).send(letter())

    assert "To:      bob@example.com\n" in terminal.getvalue()
    assert "Subject: 482913 is your anonmsg code\n" in terminal.getvalue()
    assert "Code:    482913\n" in terminal.getvalue()


async def test_a_mail_without_a_code_shows_none(folder: Path, clock: FakeClock) -> None:
    terminal = FakeTerminal()

    await Outbox(folder, SENDER, clock, terminal).send(Mail("a@b.example", "Hello", "<p>Hi</p>", "Hi\n"))

    assert "Subject: Hello\n" in terminal.getvalue()
    assert "Code" not in terminal.getvalue()
    assert "Link" not in terminal.getvalue()


async def test_a_terminal_shows_the_link_of_a_mail_that_has_no_code(folder: Path, clock: FakeClock) -> None:
    terminal = FakeTerminal()
    link = "http://localhost:3000/reset-password/abc"

    await Outbox(folder, SENDER, clock, terminal).send(Mail("a@b.example", "Hello", "<p>Hi</p>", "Hi\n", link=link))

    assert f"Link:    {link}\n" in terminal.getvalue()
    assert "Code" not in terminal.getvalue()


async def test_a_stream_that_is_no_terminal_shows_nothing(folder: Path, clock: FakeClock) -> None:
    stream = io.StringIO()

    await Outbox(folder, SENDER, clock, stream).send(letter())

    assert stream.getvalue() == ""


async def test_a_terminal_that_lacks_the_letters_of_an_address_still_shows_the_code(
    folder: Path, clock: FakeClock
) -> None:
    terminal = FakeTerminal()

    await Outbox(folder, SENDER, clock, terminal).send(letter(to="jörg@example.com"))

    assert "To:      j\\xf6rg@example.com\n" in terminal.getvalue()
    assert "482913" in terminal.getvalue()


async def test_a_terminal_that_is_gone_does_not_undo_a_written_mail(folder: Path, clock: FakeClock) -> None:
    closed = FakeTerminal()
    closed.close()

    for terminal in (ClosedTerminal(), closed):
        await Outbox(folder, SENDER, clock, terminal).send(letter())

    assert len(names(folder)) == 2


async def test_the_log_never_tells_anything_about_a_mail(
    folder: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talkative(*_: object) -> None:
        raise OSError("bob@example.com 482913")

    caplog.set_level(logging.DEBUG)
    outbox = Outbox(folder, SENDER, clock, FakeTerminal())
    await outbox.send(letter())
    monkeypatch.setattr(os, "utime", talkative)

    with pytest.raises(MailNotSent):
        await outbox.send(letter())

    assert "can't be written (OSError)" in caplog.text
    assert [secret for secret in ("bob", "482913", "verify") if secret in caplog.text] == []
