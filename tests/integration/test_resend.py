"""Mails through Resend's real SDK, against a local server that answers as Resend does."""

import asyncio
import logging
import socket
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta

import pytest
import resend

from anonmsg.errors import MailNotSent
from anonmsg.mail.mailer import Mail
from anonmsg.mail.resend_mailer import (
    BAD_ADDRESS,
    NOT_SET_UP,
    TOO_MANY,
    TOO_SLOW,
    TRY_LATER,
    USED_UP,
    ResendMailer,
)
from tests import resend_server
from tests.resend_server import API_KEY, Answer, ResendServer

SENDER = "anonmsg <hello@example.org>"
MAIL = Mail(
    to="Jörg.Müller@bücher.example",
    subject="482913 is your anonmsg code",
    html="<p>482913 für dich</p>",
    text="482913 für dich\n",
    code="482913",
    idempotency_key="verification/5f1d-1",
)
NEVER_LOGGED = ("Jörg", "bücher", "482913", "für dich", API_KEY, "5f1d")


@pytest.fixture(autouse=True)
def _untouched_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's settings as they were after each test, and no proxy between it and the server."""
    for name in ("api_key", "api_url", "default_async_http_client"):
        monkeypatch.setattr(resend, name, getattr(resend, name))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[ResendServer]:
    with ResendServer() as server:
        yield server


def mailer_for(url: str, key: str = API_KEY, timeout: timedelta = timedelta(seconds=5)) -> ResendMailer:
    return ResendMailer(key, SENDER, url, timeout)


async def test_a_mail_reaches_the_service_whole(server: ResendServer) -> None:
    await mailer_for(server.url).send(MAIL)

    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/emails")
    assert request.headers["authorization"] == f"Bearer {API_KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == MAIL.idempotency_key
    assert request.mail == {
        "from": SENDER,
        "to": [MAIL.to],
        "subject": MAIL.subject,
        "html": MAIL.html,
        "text": MAIL.text,
    }


async def test_a_mail_without_an_idempotency_key_sends_none(server: ResendServer) -> None:
    await mailer_for(server.url).send(Mail("a@b.example", "Hello", "<p>Hi</p>", "Hi\n"))

    assert "idempotency-key" not in server.requests[0].headers
    assert len(server.delivered) == 1


async def test_a_mail_sent_twice_is_delivered_once(server: ResendServer) -> None:
    mailer = mailer_for(server.url)

    await mailer.send(MAIL)
    await mailer.send(MAIL)

    assert len(server.requests) == 2
    assert len(server.delivered) == 1


async def test_a_slash_after_the_api_address_does_no_harm(server: ResendServer) -> None:
    await mailer_for(f"{server.url}/").send(MAIL)

    assert len(server.delivered) == 1


async def test_many_mails_at_once_all_arrive(server: ResendServer) -> None:
    mailer = mailer_for(server.url)
    mails = [
        Mail(f"p{number}@b.example", "Hello", "<p>Hi</p>", "Hi\n", idempotency_key=str(number)) for number in range(20)
    ]

    await asyncio.gather(*(mailer.send(mail) for mail in mails))

    assert sorted(mail["to"][0] for mail in server.delivered) == sorted(mail.to for mail in mails)


def test_one_mailer_serves_several_event_loops(server: ResendServer) -> None:
    mailer = mailer_for(server.url)

    for key in ("first", "second"):
        asyncio.run(mailer.send(Mail("a@b.example", "Hello", "<p>Hi</p>", "Hi\n", idempotency_key=key)))

    assert len(server.delivered) == 2


FAILURES = {
    "MISSING_KEY": NOT_SET_UP,
    "REJECTED_KEY": NOT_SET_UP,
    "REJECTED_KEY_401": NOT_SET_UP,
    "RESTRICTED_KEY": NOT_SET_UP,
    "UNVERIFIED_DOMAIN": NOT_SET_UP,
    "TEST_DOMAIN": NOT_SET_UP,
    "BAD_SENDER": NOT_SET_UP,
    "BAD_RECIPIENT": BAD_ADDRESS,
    "MISSING_FIELD": TRY_LATER,
    "BAD_IDEMPOTENCY_KEY": TRY_LATER,
    "OTHER_MAIL_WITH_THE_KEY": TRY_LATER,
    "RATE_LIMIT": TOO_MANY,
    "UNNAMED_LIMIT": TOO_MANY,
    "DAILY_QUOTA": USED_UP,
    "MONTHLY_QUOTA": USED_UP,
    "SERVER_ERROR": TRY_LATER,
    "NOT_FOUND": TRY_LATER,
    "HTML_PAGE": TRY_LATER,
    "HTML_REFUSAL": TRY_LATER,
    "LOGIN_PAGE": TRY_LATER,
    "HALF_JSON": TRY_LATER,
    "NO_ID": TRY_LATER,
    "NULL": TRY_LATER,
}


@pytest.mark.parametrize(("answer", "sentence"), FAILURES.items())
async def test_each_refusal_becomes_one_plain_sentence(server: ResendServer, answer: str, sentence: str) -> None:
    server.answer = getattr(resend_server, answer)

    with pytest.raises(MailNotSent) as refusal:
        await mailer_for(server.url).send(MAIL)

    assert str(refusal.value) == sentence
    assert len(server.requests) == 1


def test_the_sentences_are_worded_for_people() -> None:
    assert NOT_SET_UP == "Mails can't be sent right now, because this site's mail service is not set up correctly."
    assert TRY_LATER == "The mail could not be sent. Please try again in a few minutes."
    assert TOO_SLOW == "The mail service does not answer. Please try again in a few minutes."
    assert TOO_MANY == "Too many mails are being sent right now. Please try again in a minute."
    assert USED_UP == "This site has sent as many mails as it may for now. Please try again later."
    assert BAD_ADDRESS == "The mail service does not accept this address. Please check it."


async def test_a_wrong_key_is_refused_by_the_service(server: ResendServer) -> None:
    mailer = mailer_for(server.url, key="re_wrong")

    with pytest.raises(MailNotSent) as refusal:
        await mailer.send(MAIL)

    assert str(refusal.value) == NOT_SET_UP
    assert server.delivered == []


@pytest.mark.parametrize("answer", ["SILENCE", "ENDLESS"])
async def test_a_service_that_never_finishes_is_given_up_after_the_timeout(server: ResendServer, answer: str) -> None:
    server.answer = getattr(resend_server, answer)
    mailer = mailer_for(server.url, timeout=timedelta(seconds=0.2))
    began = time.monotonic()

    async with asyncio.timeout(3):  # a hang is a failure
        with pytest.raises(MailNotSent) as refusal:
            await mailer.send(MAIL)

    assert str(refusal.value) == TOO_SLOW
    assert 0.15 < time.monotonic() - began < 1


async def test_a_refused_connection_is_told_as_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(MailNotSent) as refusal:
        await mailer_for(f"http://127.0.0.1:{port}").send(MAIL)

    assert str(refusal.value) == TOO_SLOW


async def test_the_next_mail_goes_out_after_a_failure(server: ResendServer) -> None:
    mailer = mailer_for(server.url)
    server.answer = resend_server.SERVER_ERROR
    with pytest.raises(MailNotSent):
        await mailer.send(MAIL)
    server.answer = None

    await mailer.send(MAIL)

    assert len(server.delivered) == 1


@pytest.mark.parametrize("answer", [None, "ECHO", "BAD_RECIPIENT", "REJECTED_KEY", "HTML_PAGE", "NO_ID", "SILENCE"])
async def test_neither_the_log_nor_the_error_tells_anything_about_the_mail(
    server: ResendServer, caplog: pytest.LogCaptureFixture, answer: str | None
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = resend_server.error(422, "validation_error", f"Invalid `to` field: {MAIL.to}, {MAIL.text}, {API_KEY}")
    server.answer = echo if answer == "ECHO" else getattr(resend_server, answer) if answer else None
    told = ""

    try:
        await mailer_for(server.url, timeout=timedelta(seconds=0.2 if answer == "SILENCE" else 5)).send(MAIL)
    except MailNotSent as refusal:
        told = "".join(traceback.format_exception(refusal))

    seen = told + caplog.text + "".join(f"{record.__dict__}" for record in caplog.records)
    assert bool(told) is (answer is not None)
    assert any(record.name == "anonmsg.mail.resend_mailer" for record in caplog.records) is (answer is not None)
    assert [secret for secret in NEVER_LOGGED if secret in seen] == []


async def test_the_log_says_what_went_wrong(server: ResendServer, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = resend_server.UNVERIFIED_DOMAIN

    with pytest.raises(MailNotSent):
        await mailer_for(server.url).send(MAIL)

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "Resend did not take a mail (403, validation_error, an answer)."
    ]


def test_every_scripted_failure_has_a_test() -> None:
    scripted = {name for name, value in vars(resend_server).items() if isinstance(value, Answer)}

    assert scripted - {"SILENCE", "ENDLESS"} == FAILURES.keys()
