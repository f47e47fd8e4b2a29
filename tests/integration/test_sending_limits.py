"""Floods of messages: a classroom gets through, a flooder does not, and near a limit work is asked for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from anonmsg.bootstrap import Services, build_services
from anonmsg.errors import InboxClosed, ProofNeeded, TooManyAttempts, UserNotFound
from anonmsg.models import User
from anonmsg.proofs import PROOF_TTL
from anonmsg.schemas import MessageForm, parse
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import connect, said
from tests.integration.conftest import SECRETS, People
from tests.unit.test_proofs import solve

CLASSROOM = 30
Build = Callable[..., Services]


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
def build(settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock) -> Build:
    """Make services with some limits of their own."""

    def build(hops: int = 0, **limits: str) -> Services:
        chosen = {name.replace("_", " "): windows for name, windows in limits.items()}
        changed = settings.model_copy(update={"limits": chosen, "trusted_proxy_hops": hops})
        return build_services(changed, SECRETS, database, mailer, clock, password_cost=4)

    return build


@pytest.fixture
async def careful(build: Build) -> AsyncIterator[AsyncClient]:
    """A program at a site where two messages of one network to one person make it careful, and four are too many."""
    async with connect(build(send_per_client_and_recipient="4/minute")) as program:
        yield program


async def send(program: AsyncClient, content: str = "hi", to: str = "ann", **more: Any) -> Response:
    return await program.post("/api/send-message", json={"username": to, "content": content, **more})


async def stored(database: Database) -> int:
    return await database["messages"].count_documents({})


async def outcomes(services: Services, count: int, client: Callable[[int], str], to: str = "ann") -> Counter[str]:
    """What becomes of messages that are sent at once."""

    async def one(number: int) -> str:
        try:
            await services.sharing.send(parse(MessageForm, {"username": to, "content": str(number)}), client(number))
        except TooManyAttempts as refused:
            return type(refused).__name__
        return "sent"

    return Counter(await asyncio.gather(*(one(number) for number in range(count))))


# Who gets through


async def test_thirty_people_behind_one_address_each_write_to_the_same_person(
    services: Services, ann: User, database: Database
) -> None:
    assert await outcomes(services, CLASSROOM, lambda _: CLIENT) == {"sent": CLASSROOM}
    assert await stored(database) == CLASSROOM


@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.evening)])
async def test_a_flood_from_one_network_stores_no_more_than_the_limit_and_harms_nobody_else(
    services: Services, people: People, ann: User, database: Database, count: int
) -> None:
    await people.verified("Bob")

    flood = await outcomes(services, count, lambda _: CLIENT)
    kept = await stored(database)
    others = await outcomes(services, CLASSROOM, lambda number: f"network {number}")
    elsewhere = await outcomes(services, CLASSROOM, lambda _: CLIENT, to="Bob")

    assert flood == {"sent": 40, "ProofNeeded": count - 40}
    assert kept == 40, "half of 80 a minute; the other half costs work"
    assert others == elsewhere == {"sent": CLASSROOM}


async def test_with_work_for_each_message_the_limit_is_exact(build: Build, ann: User, database: Database) -> None:
    services = build(send_per_client_and_recipient="4/minute")
    puzzles: list[dict[str, Any]] = []
    for _ in range(2):
        await outcomes(services, 1, lambda _: CLIENT)
    for _ in range(8):
        with pytest.raises(ProofNeeded) as needed:
            await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "x"}), CLIENT)
        puzzles.append(needed.value.challenge)

    async def pay(puzzle: dict[str, Any]) -> bool:
        form = parse(MessageForm, {"username": "ann", "content": "x", "proof": solve(puzzle)})
        try:
            await services.sharing.send(form, CLIENT)
        except TooManyAttempts:
            return False
        return True

    paid = await asyncio.gather(*(pay(puzzle) for puzzle in puzzles))

    assert sum(paid) == 2
    assert await stored(database) == 4


async def test_one_persons_flood_from_everywhere_leaves_other_inboxes_open(
    build: Build, people: People, ann: User
) -> None:
    await people.verified("Bob")
    services = build(send_per_recipient="10/minute")

    flood = await outcomes(services, 50, lambda number: f"network {number}")

    assert flood == {"sent": 5, "ProofNeeded": 45}
    assert await outcomes(services, 5, lambda _: CLIENT, to="bob") == {"sent": 5}


async def test_the_whole_site_has_a_limit(build: Build, people: People, ann: User) -> None:
    await people.verified("Bob")
    services = build(send="10/minute")

    assert (await outcomes(services, 50, lambda number: f"network {number}"))["sent"] == 5
    assert await outcomes(services, 1, lambda _: CLIENT, to="bob") == {"ProofNeeded": 1}


async def test_how_the_name_is_written_makes_no_other_counter(build: Build, ann: User) -> None:
    services = build(send_per_client_and_recipient="4/minute")
    sent = [await outcomes(services, 1, lambda _: CLIENT, to=name) for name in ("ann", "ANN", "Ann", "aNN")]

    assert [one["sent"] for one in sent] == [1, 1, 0, 0]


async def test_guessing_names_is_counted_before_the_database_is_asked(build: Build, ann: User) -> None:
    services = build(send_per_client="4/minute")
    found: list[type[Exception]] = []
    for name in ("nobody1", "nobody2", "nobody3", "nobody4"):
        with pytest.raises((UserNotFound, TooManyAttempts)) as caught:
            await services.sharing.send(parse(MessageForm, {"username": name, "content": "x"}), CLIENT)
        found.append(caught.type)

    assert found == [UserNotFound, UserNotFound, ProofNeeded, ProofNeeded]


async def test_a_forged_header_makes_nobody_somebody_else(careful: AsyncClient, ann: User, database: Database) -> None:
    statuses = [
        (
            await careful.post(
                "/api/send-message",
                json={"username": "ann", "content": "x"},
                headers={"X-Forwarded-For": f"203.0.{number}.1", "X-Real-IP": f"203.0.{number}.1"},
            )
        ).status_code
        for number in range(5)
    ]

    assert statuses == [201, 201, 429, 429, 429]
    assert await stored(database) == 2


async def test_behind_our_proxy_each_network_counts_for_itself(build: Build, ann: User) -> None:
    async with connect(build(hops=1, send_per_client_and_recipient="4/minute")) as program:
        statuses = [
            (
                await program.post(
                    "/api/send-message",
                    json={"username": "ann", "content": "x"},
                    headers={"X-Forwarded-For": f"198.51.100.1, 203.0.{number}.1"},
                )
            ).status_code
            for number in range(5)
        ]

    assert statuses == [201] * 5


# Work


async def test_near_the_limit_the_answer_is_a_puzzle_whose_solution_sends_the_message(
    careful: AsyncClient, ann: User, database: Database
) -> None:
    for _ in range(2):
        said(await send(careful), 201, "Message sent successfully")

    refused = await send(careful)
    asked = said(refused, 429, "Many messages are coming in. Please wait 60 seconds and try again.")
    sent = await send(careful, proof=solve(asked["challenge"]))

    assert refused.headers["retry-after"] == "60"
    said(sent, 201, "Message sent successfully")
    assert await stored(database) == 3


async def test_over_the_limit_no_work_helps_and_time_does(
    careful: AsyncClient, ann: User, database: Database, clock: FakeClock
) -> None:
    spare = []
    for _ in range(2):
        await send(careful)
    for _ in range(3):
        spare.append(solve((await send(careful)).json()["challenge"]))
    for proof in spare[:2]:
        await send(careful, proof=proof)

    refused = await send(careful, proof=spare[2])
    clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    later = await send(careful)

    assert said(refused, 429, "Please wait 60 seconds and try again.") == {}
    said(later, 201, "Message sent successfully")
    assert await stored(database) == 5


async def test_a_proof_counts_once(careful: AsyncClient, ann: User, database: Database) -> None:
    for _ in range(2):
        await send(careful)
    proof = solve((await send(careful)).json()["challenge"])

    answers = await asyncio.gather(*(send(careful, proof=proof) for _ in range(5)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 429: 4}
    assert await stored(database) == 3


async def test_a_used_proof_is_remembered_for_as_long_as_it_would_be_good(
    build: Build, ann: User, clock: FakeClock, database: Database
) -> None:
    services = build(send_per_client_and_recipient="2/day; 100/minute", send_per_recipient="6/day")
    form = parse(MessageForm, {"username": "ann", "content": "x"})
    await services.sharing.send(form, CLIENT)
    with pytest.raises(ProofNeeded) as needed:
        await services.sharing.send(form, CLIENT)
    paid = form.model_copy(update={"proof": solve(needed.value.challenge)})
    await services.sharing.send(paid, CLIENT)
    clock.advance(PROOF_TTL - timedelta(seconds=2))
    await outcomes(services, 1, lambda _: "another")

    with pytest.raises(ProofNeeded):
        await services.sharing.send(paid, "another")

    assert await stored(database) == 3


async def test_a_proof_for_one_person_or_too_old_sends_nothing_to_another(
    careful: AsyncClient, people: People, ann: User, database: Database, clock: FakeClock
) -> None:
    await people.verified("Bob")
    for name in ("ann", "bob"):
        for _ in range(2):
            await send(careful, to=name)
    proof = solve((await send(careful)).json()["challenge"])
    elsewhere = await send(careful, to="bob", proof=proof)
    clock.advance(PROOF_TTL)
    for _ in range(2):
        await send(careful)
    late = await send(careful, proof=proof)

    assert (elsewhere.status_code, late.status_code) == (429, 429)
    assert await stored(database) == 6


@pytest.mark.parametrize("proof", ["", "x", "W10=", "é", "A" * 2000])
async def test_nonsense_is_no_proof(careful: AsyncClient, ann: User, database: Database, proof: str) -> None:
    for _ in range(2):
        await send(careful)
    answer = await send(careful, proof=proof)

    assert answer.status_code == 429
    assert answer.json()["challenge"]
    assert await stored(database) == 2


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        ("A" * 2001, "This proof of work is not valid"),
        (None, "Proof must be text"),
        ({"$ne": ""}, "Proof must be text"),
    ],
)
async def test_what_can_not_be_a_proof_is_bad_input(
    careful: AsyncClient, ann: User, proof: object, sentence: str
) -> None:
    said(await send(careful, proof=proof), 400, sentence)


async def test_a_closed_inbox_and_nobody_are_still_told_apart_far_from_the_limit(services: Services, ann: User) -> None:
    await services.inbox.set_accepting(ann.id, False)

    with pytest.raises(InboxClosed):
        await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "x"}), CLIENT)


async def test_the_document_of_the_api_describes_the_puzzle(api: AsyncClient) -> None:
    document = (await api.get("/api/openapi.json")).json()
    operation = document["paths"]["/send-message"]["post"]
    refusal = operation["responses"]["429"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]

    assert "challenge" in document["components"]["schemas"][refusal]["properties"]
    assert "proof" in document["components"]["schemas"]["MessageForm"]["properties"]
    assert "proof" not in document["components"]["schemas"]["MessageForm"]["required"]
