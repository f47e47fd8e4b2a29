"""Each failure owns the one sentence a person reads."""

from datetime import timedelta

import pytest

from anonmsg import errors
from anonmsg.errors import AnonmsgError, CodesUsedUp, InvalidInput, MailNotSent, TooManyAttempts


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("UsernameTaken", "Username is already taken"),
        ("EmailTaken", "User already exist with this email"),
        ("IncorrectCode", "Incorrect verification code"),
        ("CodeAttemptsUsedUp", "Too many attempts. Request a new code."),
        ("CodeExpired", "Verification code has expired. Request a new code."),
        ("UserNotFound", "User not found"),
        ("NotVerified", "Please verify your account before login"),
        ("IncorrectPassword", "Incorrect password"),
        ("NotAuthenticated", "Not authenticated"),
        ("InboxClosed", "User is not accepting messages"),
        ("MessageNotFound", "Message not found"),
    ],
)
def test_the_sentences_are_the_promised_ones(name: str, sentence: str) -> None:
    assert str(getattr(errors, name)()) == sentence


def test_every_failure_has_a_sentence_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AnonmsgError)]
    sentences = [kind.sentence for kind in kinds if "sentence" in vars(kind)]

    assert len(kinds) > 15
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.strip() for sentence in sentences)


def test_a_mailer_gives_its_own_reason() -> None:
    assert str(MailNotSent("The key was refused.")) == "The key was refused."
    assert str(MailNotSent()) == MailNotSent.sentence


def test_the_first_bad_field_speaks_for_the_form() -> None:
    assert str(InvalidInput({"username": "First.", "email": "Second."})) == "First."
    assert str(InvalidInput({})) == "Please check what you entered."


@pytest.mark.parametrize(("wait", "seconds"), [(0, 1), (0.2, 1), (1, 1), (59.1, 60), (60, 60)])
def test_a_wait_is_told_in_whole_seconds_never_too_few(wait: float, seconds: int) -> None:
    assert TooManyAttempts(timedelta(seconds=wait)).seconds == seconds


def test_who_has_used_up_all_codes_is_told_what_to_do() -> None:
    refused = CodesUsedUp(timedelta(hours=23))

    assert isinstance(refused, TooManyAttempts)
    assert str(refused) == "No more codes can be sent for this sign-up. Please sign up again."
    assert refused.seconds == 23 * 3600
    assert str(TooManyAttempts(timedelta(seconds=12.5))) == "Please wait 13 seconds and try again."
