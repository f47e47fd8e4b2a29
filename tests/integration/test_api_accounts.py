"""The API's routes for choosing a name, signing up, and verifying."""

from datetime import timedelta

import pytest
from httpx import AsyncClient

from anonmsg.storage.database import Database
from tests.conftest import FakeClock, FakeMailer
from tests.integration.api_client import said
from tests.integration.conftest import PASSWORD, People

REGISTERED = "User registered successfully. Please verify your email"
VERIFIED = "Account verified successfully"
TAKEN = "Username is already taken"
UNKNOWN_SIGN_UP = "This sign-up was not found. Please sign up again."


async def sign_up(api: AsyncClient, username: str, email: str = "") -> str:
    form = {"username": username, "email": email or f"{username}@example.com", "password": PASSWORD}
    return said(await api.post("/api/sign-up", json=form), 201, REGISTERED)["registration"]


async def test_a_free_username_is_unique(api: AsyncClient) -> None:
    answer = await api.get("/api/check-username-unique", params={"username": "alice"})

    assert said(answer, 200, "Username is unique") == {}


@pytest.mark.parametrize("username", ["bob", "BOB", "admin", "sign_up"])
async def test_a_taken_or_reserved_username_is_no_success(api: AsyncClient, people: People, username: str) -> None:
    await people.verified("Bob")

    answer = await api.get("/api/check-username-unique", params={"username": username})

    assert answer.status_code == 200
    assert answer.json() == {"success": False, "message": TAKEN}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Username is required"),
        ("?username=", "Username must be at least 2 characters"),
        ("?username=" + "a" * 21, "Username must be no more than 20 characters"),
        ("?username=a%20b", "Username must not contain special characters"),
        ("?username=ab%ED%A0%80", "Username must not contain special characters"),
        ("?username=ab&other=1", "There is a field that this does not take"),
        ("?username[$ne]=ab", "Username is required"),
    ],
)
async def test_the_first_rule_that_a_username_breaks_is_told(api: AsyncClient, query: str, sentence: str) -> None:
    said(await api.get(f"/api/check-username-unique{query}"), 400, sentence)


async def test_a_program_signs_up_verifies_and_signs_in(api: AsyncClient, mailer: FakeMailer) -> None:
    registration = await sign_up(api, "alice")
    form = {"username": "alice", "code": mailer.code, "registration": registration}

    said(await api.post("/api/verify-code", json=form), 200, VERIFIED)
    said(
        await api.post("/api/sign-in", json={"identifier": "Alice", "password": PASSWORD}),
        200,
        "Signed in successfully",
    )


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "a", "Username must be at least 2 characters"),
        ("email", "alice@", "Invalid email address"),
        ("password", "short", "Password must be at least 8 characters"),
        ("password", "Password123", "This password is too common. Choose another."),
        ("password", "alice2024!", "Password must not be your name or email"),
    ],
)
async def test_a_bad_sign_up_is_told_what_is_wrong(api: AsyncClient, field: str, value: str, sentence: str) -> None:
    form = {"username": "alice", "email": "alice@example.com", "password": PASSWORD, field: value}

    said(await api.post("/api/sign-up", json=form), 400, sentence)


async def test_a_verified_persons_name_and_address_are_taken_in_any_case(api: AsyncClient, people: People) -> None:
    await people.verified("bob")
    name = {"username": "BOB", "email": "else@example.com", "password": PASSWORD}
    address = {"username": "else", "email": "Bob@Example.com", "password": PASSWORD}

    said(await api.post("/api/sign-up", json=name), 409, TAKEN)
    said(await api.post("/api/sign-up", json=address), 409, "User already exist with this email")


async def test_two_sign_ups_that_differ_by_case_race_and_the_first_code_wins(
    api: AsyncClient, mailer: FakeMailer
) -> None:
    upper = await sign_up(api, "Bob", "upper@example.com")
    lower = await sign_up(api, "bob", "lower@example.com")
    forms = [
        {"username": "Bob", "code": mailer.code_for("upper@example.com"), "registration": upper},
        {"username": "bob", "code": mailer.code_for("lower@example.com"), "registration": lower},
    ]

    said(await api.post("/api/verify-code", json=forms[1]), 200, VERIFIED)
    said(await api.post("/api/verify-code", json=forms[0]), 409, TAKEN)
    said(await api.post("/api/verify-code", json={**forms[0], "username": "robert"}), 200, VERIFIED)


async def test_a_mail_that_fails_leaves_nothing_behind(
    api: AsyncClient, mailer: FakeMailer, database: Database
) -> None:
    mailer.failure = "The mail service refused the key."
    form = {"username": "alice", "email": "alice@example.com", "password": PASSWORD}

    said(await api.post("/api/sign-up", json=form), 502, mailer.failure)
    assert await database["registrations"].count_documents({}) == 0


async def test_a_new_code_is_mailed_after_a_minute(api: AsyncClient, mailer: FakeMailer, clock: FakeClock) -> None:
    form = {"registration": await sign_up(api, "alice")}
    clock.advance(timedelta(seconds=60))

    said(await api.post("/api/resend-code", json=form), 200, "A new code is on its way")
    assert len(mailer.mails) == 2


async def test_a_new_code_too_early_says_when_to_come_again(api: AsyncClient, clock: FakeClock) -> None:
    form = {"registration": await sign_up(api, "alice")}
    clock.advance(timedelta(seconds=17.5))

    answer = await api.post("/api/resend-code", json=form)

    said(answer, 429, "Please wait 43 seconds and try again.")
    assert answer.headers["retry-after"] == "43"


async def test_a_new_code_that_can_not_be_mailed_says_why(
    api: AsyncClient, mailer: FakeMailer, clock: FakeClock
) -> None:
    form = {"registration": await sign_up(api, "alice")}
    clock.advance(timedelta(seconds=60))
    mailer.failure = "The mail service does not answer."

    said(await api.post("/api/resend-code", json=form), 502, mailer.failure)


async def test_an_unknown_sign_up_is_not_found(api: AsyncClient) -> None:
    said(await api.post("/api/resend-code", json={"registration": "nothing"}), 404, UNKNOWN_SIGN_UP)
    said(await api.post("/api/verify-code", json={"username": "nobody", "code": "123456"}), 404, UNKNOWN_SIGN_UP)


async def test_a_name_is_enough_while_only_one_waits_for_it(api: AsyncClient, people: People) -> None:
    first = await people.sign_up("alice", "first@example.com")
    form = {"username": "alice", "code": first.code}

    await people.sign_up("Alice", "second@example.com")
    several = "Several sign-ups wait for this name. Say which with `registration`."
    said(await api.post("/api/verify-code", json=form), 409, several)
    said(await api.post("/api/verify-code", json={**form, "registration": first.token}), 200, VERIFIED)


async def test_a_name_alone_verifies_the_only_sign_up(api: AsyncClient, people: People) -> None:
    waiting = await people.sign_up("alice")

    said(await api.post("/api/verify-code", json={"username": "alice", "code": waiting.code}), 200, VERIFIED)


async def test_a_wrong_code_has_five_tries(api: AsyncClient, people: People) -> None:
    waiting = await people.sign_up("alice")
    wrong = {"username": "alice", "code": f"{(int(waiting.code) + 1) % 10**6:06d}", "registration": waiting.token}

    for _ in range(5):
        said(await api.post("/api/verify-code", json=wrong), 400, "Incorrect verification code")
    right = {**wrong, "code": waiting.code}
    said(await api.post("/api/verify-code", json=right), 400, "Too many attempts. Request a new code.")


async def test_an_old_code_has_expired(api: AsyncClient, people: People, clock: FakeClock) -> None:
    waiting = await people.sign_up("alice")
    clock.advance(timedelta(minutes=15))

    answer = await api.post("/api/verify-code", json={"username": "alice", "code": waiting.code})

    said(answer, 400, "Verification code has expired. Request a new code.")


async def test_a_code_that_is_none_is_told_so(api: AsyncClient) -> None:
    answer = await api.post("/api/verify-code", json={"username": "alice", "code": "12345"})

    said(answer, 400, "Verification code must be 6 digits")
