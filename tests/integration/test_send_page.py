"""The send page as plain HTTP: its first HTML, and its form with all the walls of the other ways to send."""

import asyncio
import base64
import gzip
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.choice_forms import PauseForm
from anonmsg.errors import TooSlow, Unavailable, UserNotFound
from anonmsg.models import PageSettings, User
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import MessageForm, parse
from anonmsg.send_form import LEAST_TIME, TRAP, new_key
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from anonmsg.web import turns
from anonmsg.web.last_pages import KEPT_TTL as LAST_TTL
from anonmsg.web.last_pages import LastPages
from anonmsg.web.send_page import KEPT_TTL
from anonmsg.web.site import wrap
from tests.conftest import FakeClock, FakeMailer
from tests.integration.conftest import SECRETS, People

STYLE = "p { color: red }"
SHELL = (
    '<!DOCTYPE html><html><head><meta charSet="utf-8"/><meta content="width=device-width" name="viewport"/>'
    '<link as="style" href="/assets/look.css" rel="preload"/><script>1</script>'
    '<link href="/assets/look.css" rel="stylesheet" type="text/css"/></head>'
    '<body><div role="status"></div><script>2</script></body></html>'
)
FORM = {"content-type": "application/x-www-form-urlencoded"}
SENT = "Message sent successfully"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A small built front end."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "look.css").write_text(STYLE)
    (tmp_path / "__spa-fallback.html").write_text(SHELL)
    return tmp_path


def browser(services: Services, build: Path) -> AsyncClient:
    site = wrap(Starlette(), build)
    return AsyncClient(transport=ASGITransport(site), base_url=services.settings.site_url, follow_redirects=True)


@pytest.fixture
async def client(services: Services, build: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    monkeypatch.setattr(bootstrap, "_running", services)
    async with browser(services, build) as client:
        yield client


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


def written(clock: FakeClock, text: str, **more: str) -> dict[str, str]:
    """The fields of a form that somebody has taken the time to fill in."""
    return {"content": text, "key": new_key(clock.now - LEAST_TIME), TRAP: "", **more}


async def post(client: AsyncClient, fields: dict[str, str], path: str = "/u/ann", **headers: str) -> Response:
    return await client.post(path, data=fields, headers=headers)


async def inbox_of(services: Services, user: User) -> list[str | None]:
    return [message.content for message in (await services.inbox.list_messages(user, "", 20)).messages]


async def filtered_of(services: Services, user: User) -> list[str | None]:
    return [message.content for message in (await services.inbox.list_messages(user, "", 20, "filtered")).messages]


def field_in(page: str) -> str:
    """The text in the field, as a browser reads it."""
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found
    return unescape(found[1].removeprefix("\n"))


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def alerts_in(page: str) -> list[str]:
    """What is said to be wrong, by the field and below it."""
    return [unescape(text) for text in re.findall(r'role="alert"[^>]*>([^<]*)<', page)]


def ideas_in(page: str) -> list[str]:
    return [unescape(idea) for idea in re.findall(r'name="idea" value="([^"]+)"', page)]


async def choose(services: Services, people: People, **values: object) -> None:
    """Let Ann choose what her page is like."""
    usual = {"title": "", "question": "", "own_prompts": "", "accent": "clay", "most_characters": 1000}
    identity = await services.sessions.identify(await people.session("ann"))
    await services.send_pages.change(identity, parse(SendPageForm, {**usual, **values}))


# The first HTML


async def test_the_page_is_whole_and_its_title_comes_early(client: AsyncClient, ann: User) -> None:
    answer = await client.get("/u/ANN")

    assert answer.status_code == 200
    assert answer.text.index('<title id="first-title">Send an anonymous message to @Ann</title>') < 200
    assert '<meta property="og:title" content="@Ann"' in answer.text
    assert f'<meta property="og:url" content="{client.base_url}/u/Ann"' in answer.text
    assert '<form id="first-form" method="post" action="/u/Ann?send"' in answer.text
    assert answer.text.index("<first-page") < answer.text.index('<div role="status">')


async def test_the_style_is_inside_allowed_by_its_hash_and_not_asked_for_again(client: AsyncClient, ann: User) -> None:
    answer = await client.get("/u/ann")

    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"<style>{STYLE}</style>" in answer.text
    assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["content-security-policy"]
    links = re.findall(r"<link[^>]*look\.css[^>]*>", answer.text)
    assert len(links) == 2
    assert all('media="not all" disabled' in link for link in links)


async def test_it_is_packed_for_who_can_unpack_it(client: AsyncClient, ann: User) -> None:
    bare = await client.get("/u/ann", headers={"accept-encoding": "identity"})
    refused = await client.get("/u/ann", headers={"accept-encoding": "gzip;q=0, br"})
    async with client.stream("GET", "/u/ann", headers={"accept-encoding": "br, gzip"}) as packed:
        raw = b"".join([piece async for piece in packed.aiter_raw()])

    assert "content-encoding" not in bare.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).startswith(bare.content[:200])
    assert {answer.headers["vary"] for answer in (bare, refused, packed)} == {"Accept-Encoding"}


async def test_what_the_browser_has_is_not_sent_again_for_some_minutes(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    first = await client.get("/u/ann")
    ask = {"if-none-match": f'W/"other", {first.headers["etag"]}'}

    again = await client.get("/u/ann", headers=ask)
    new_form = await client.get("/u/ann?again", headers=ask)
    clock.advance(KEPT_TTL)
    later = await client.get("/u/ann", headers=ask)

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (again.headers["cache-control"], again.headers["vary"]) == ("private, no-cache", "Accept-Encoding")
    assert (new_form.status_code, later.status_code) == (200, 200)
    assert len({key_in(answer.text) for answer in (first, new_form, later)}) == 3


async def test_what_has_changed_is_sent_again(client: AsyncClient, services: Services, ann: User) -> None:
    first = await client.get("/u/ann")
    await services.inbox.set_accepting(ann.id, False)

    answer = await client.get("/u/ann", headers={"if-none-match": first.headers["etag"]})

    assert (answer.status_code, "User is not accepting messages" in answer.text) == (200, True)


@pytest.mark.parametrize("tag", ["*", "W/", 'W/"', "x" * 5000, 'W/"9999999999999.aaaaaaaaaaaaaaaa.' + "0" * 32 + '"'])
async def test_odd_tags_get_the_page(client: AsyncClient, ann: User, tag: str) -> None:
    assert (await client.get("/u/ann", headers={"if-none-match": tag})).status_code == 200


async def test_what_the_recipient_chose_is_there_and_can_not_break_out(
    client: AsyncClient, services: Services, ann: User, people: People
) -> None:
    identity = await services.sessions.identify(await people.session("ann"))
    chosen = {
        "title": "</h1><script>x</script>",
        "question": '"><img src=x>',
        "own_prompts": "</button><b>?",
        "accent": "teal",
        "most_characters": 50,
    }
    await services.send_pages.change(identity, parse(SendPageForm, chosen))

    page = (await client.get("/u/ann")).text

    assert "<script>x" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;/h1&gt;&lt;script&gt;x&lt;/script&gt;</h1>" in page
    assert 'content="&quot;&gt;&lt;img src=x&gt;"' in page
    assert "accent-teal" in page
    assert 'data-most="50"' in page


# The form


async def test_a_message_arrives_and_the_page_says_so_also_after_a_reload(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    answer = await post(client, written(clock, " Zwei\r\nZeilen <b>\r\n"))
    again = await client.get(answer.url)

    assert [one.status_code for one in (*answer.history, answer, again)] == [303, 200, 200]
    assert SENT in answer.text
    assert SENT in again.text
    assert 'href="/u/Ann?again"' in answer.text
    assert await inbox_of(services, ann) == ["Zwei\nZeilen <b>"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write a message first"),
        (" \r\n\t", "Write a message first"),
        ("x" * 1001, "Message must be at most 1000 characters"),
        ("a\x00b", "Message must not contain control characters"),
        ('\n</textarea><script>alert("x")</script>' + "x" * 1000, "Message must be at most 1000 characters"),
    ],
)
async def test_what_can_not_be_sent_comes_back_with_the_sentence_by_the_field(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock, text: str, sentence: str
) -> None:
    fields = written(clock, text)
    answer = await post(client, fields)

    assert (answer.status_code, alerts_in(answer.text)) == (400, [sentence, ""])
    assert 'aria-invalid="true" aria-describedby="content-error"' in answer.text
    assert field_in(answer.text) == text
    assert key_in(answer.text) == fields["key"]
    assert await inbox_of(services, ann) == []


@pytest.mark.parametrize("length", [201, 1000, 1001, 60_000])
async def test_the_limit_that_is_said_is_the_recipients_own(
    client: AsyncClient, services: Services, people: People, ann: User, clock: FakeClock, length: int
) -> None:
    await choose(services, people, most_characters=200)

    answer = await post(client, written(clock, "x" * length))

    assert (answer.status_code, alerts_in(answer.text)[0]) == (400, "Message must be at most 200 characters")


async def test_bytes_that_are_no_text_are_refused(client: AsyncClient, services: Services, ann: User) -> None:
    for body in (b"content=%ff%fe", b"content=\xff", b"content=%ED%A0%80"):
        answer = await client.post("/u/ann", content=body, headers=FORM)

        assert answer.status_code == 400
        assert alerts_in(answer.text)[0] == "There is a character in it that can't be used"
    assert await inbox_of(services, ann) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM["content-type"]),
        (b"&&&=", FORM["content-type"]),
        (b"a=b&" * 5000, FORM["content-type"]),
        (b'{"content": "hi"}', "application/json"),
        (b"content=hi", "text/plain"),
        (b"content=hi", ""),
    ],
)
async def test_what_is_no_form_sends_nothing(
    client: AsyncClient, services: Services, ann: User, body: bytes, kind: str
) -> None:
    answer = await client.post("/u/ann", content=body, headers={"content-type": kind} if kind else {})

    assert (answer.status_code, alerts_in(answer.text)[0]) == (400, "Write a message first")
    assert await inbox_of(services, ann) == []


async def test_a_closed_inbox_and_an_unknown_name_keep_the_text(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    await services.inbox.set_accepting(ann.id, False)

    closed = await post(client, written(clock, "too late"))
    unknown = await post(client, written(clock, "to nobody"), "/u/nobody")
    odd = await post(client, written(clock, "to <nobody>"), "/u/%3Cb%3E")

    assert (closed.status_code, field_in(closed.text)) == (403, "too late")
    assert "User is not accepting messages" in closed.text
    assert (unknown.status_code, field_in(unknown.text)) == (404, "to nobody")
    assert (odd.status_code, field_in(odd.text)) == (404, "to <nobody>")
    assert "User not found" in unknown.text


async def test_a_paused_inbox_says_when_it_opens_and_then_is_open(
    client: AsyncClient, database: Database, ann: User, clock: FakeClock
) -> None:
    opens_at = clock.now + timedelta(hours=3)
    await database["users"].update_one({"username": "Ann"}, {"$set": {"opens_at": opens_at}})

    paused = await client.get("/u/ann")
    refused = await post(client, written(clock, "too early"))
    clock.advance(timedelta(hours=3))
    opened = await client.get("/u/ann")

    assert "User is not accepting messages" in paused.text
    assert f"{opens_at:%d %B %Y, %H:%M} UTC</time>." in paused.text
    assert (refused.status_code, field_in(refused.text)) == (403, "too early")
    assert "<form" in opened.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_another_site_can_not_send(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock, origin: str
) -> None:
    answer = await post(client, written(clock, "hi"), origin=origin)
    elsewhere = await client.post("/sign-out", headers={"origin": origin})

    assert (answer.status_code, alerts_in(answer.text)) == (
        403,
        ["", "This request came from another site. Your browser still has your text: go back."],
    )
    assert field_in(answer.text) == ""
    assert "This request came from another site" in elsewhere.json()["message"]
    assert await inbox_of(services, ann) == []


async def test_far_too_much_is_said_on_a_page(client: AsyncClient, services: Services, ann: User) -> None:
    body = urlencode({"content": "x" * 70_000}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    declared = await client.post("/u/ann", content=body, headers=FORM)
    undeclared = await client.post("/u/ann", content=pieces(), headers=FORM)
    elsewhere = await client.post("/session", content=body)

    for answer in (declared, undeclared):
        assert answer.status_code == 413
        assert alerts_in(answer.text)[0] == "This message is too long"
    assert elsewhere.json()["success"] is False
    assert await inbox_of(services, ann) == []


async def test_a_form_that_finds_no_place_or_stalls_is_answered_with_the_page(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"content=ha"
        await asyncio.Event().wait()

    await client.get("/u/ann")
    monkeypatch.setattr(turns, "READING", timedelta(0))
    slow = await client.post("/u/ann", content=half(), headers=FORM)
    monkeypatch.setattr(turns, "MOST_WAITING", -turns.AT_ONCE)
    crowded = await post(client, written(clock, "kept"))

    back = "Your browser still has your text: go back."
    assert (slow.status_code, crowded.status_code, crowded.headers["retry-after"]) == (408, 429, "1")
    assert f"{TooSlow.sentence} {back}" in alerts_in(slow.text)
    assert f"Please wait 1 second and try again. {back}" in alerts_in(crowded.text)
    assert "@Ann" in slow.text
    assert "@Ann" in crowded.text
    assert await inbox_of(services, ann) == []


@pytest.fixture
async def busy(
    settings: Settings,
    database: Database,
    mailer: FakeMailer,
    clock: FakeClock,
    build: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[AsyncClient]:
    """A site on which four messages a minute to one person are too many, and two make it careful."""
    chosen = settings.model_copy(update={"limits": {"send per client and recipient": "4/minute"}})
    services = bootstrap.build_services(chosen, SECRETS, database, mailer, clock, password_cost=4)
    monkeypatch.setattr(bootstrap, "_running", services)
    async with browser(services, build) as client:
        yield client


async def test_too_many_have_to_wait_and_keep_their_text(busy: AsyncClient, ann: User, clock: FakeClock) -> None:
    sent = [await post(busy, written(clock, str(number))) for number in range(2)]
    refused = await post(busy, written(clock, "the third"))

    assert [answer.status_code for answer in sent] == [200, 200]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "60"
    assert alerts_in(refused.text)[1] == "Many messages are coming in. Please wait 60 seconds and try again."
    assert field_in(refused.text) == "the third"


async def test_a_refusal_that_looks_nothing_up_still_looks_like_the_page_for_a_minute(
    client: AsyncClient,
    services: Services,
    people: People,
    ann: User,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = {"title": "My corner", "question": "What now?", "own_prompts": "One?", "accent": "teal"}
    await choose(services, people, most_characters=77, **chosen)
    await client.get("/u/ANN")

    async def away(*_: object, **__: object) -> User:
        raise Unavailable

    async def refused() -> str:
        return (await post(client, written(clock, "kept"))).text

    monkeypatch.setattr(services.sharing, "send", away)
    fresh = await refused()
    far_too_much = await post(client, {"content": "x" * 70_000})
    from_elsewhere = await post(client, written(clock, "kept"), origin="null")
    clock.advance(LAST_TTL)
    stale = await refused()

    for page in (fresh, far_too_much.text, from_elsewhere.text):
        assert all(text in page for text in ("My corner", "What now?", "One?", "accent-teal", 'data-most="77"', "@Ann"))
    assert field_in(fresh) == field_in(stale) == "kept"
    assert "My corner" not in stale
    assert "accent-clay" in stale


async def test_a_refusal_knows_nothing_of_an_account_that_is_gone(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.get("/u/ANN")

    async def gone(*_: object) -> User:
        raise UserNotFound

    async def away(*_: object, **__: object) -> User:
        raise Unavailable

    monkeypatch.setattr(services.sharing, "recipient", gone)
    await client.get("/u/ann")
    monkeypatch.setattr(services.sharing, "send", away)

    assert "@Ann" not in (await post(client, written(clock, "kept"))).text


def test_only_some_pages_are_remembered(clock: FakeClock) -> None:
    last = LastPages(most=2)
    for name in ("ann", "bob", "ANN", "cleo"):
        last.note(name, PageSettings(title=name), clock.now)

    assert [last.get(name, clock.now)[1].title for name in ("ann", "bob", "cleo")] == ["ANN", "", "cleo"]


async def test_without_the_database_the_text_comes_back(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> User:
        raise Unavailable

    monkeypatch.setattr(services.sharing, "send", away)
    monkeypatch.setattr(services.sharing, "recipient", away)
    posted = await post(client, written(clock, "kept"))
    opened = await client.get("/u/ann")

    assert (posted.status_code, field_in(posted.text)) == (503, "kept")
    assert alerts_in(posted.text)[1] == Unavailable.sentence
    assert (opened.status_code, alerts_in(opened.text)) == (503, [Unavailable.sentence])


async def test_what_seems_to_come_from_a_program_is_put_aside_and_nobody_is_told(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    page = (await client.get("/u/ann")).text
    clock.advance(LEAST_TIME - timedelta(milliseconds=1))

    hasty = await post(client, {"content": "hasty", "key": key_in(page), TRAP: ""})
    trapped = await post(client, written(clock, "trapped", **{TRAP: "https://example.com"}))

    assert SENT in hasty.text
    assert SENT in trapped.text
    assert await inbox_of(services, ann) == []
    assert sorted(map(str, await filtered_of(services, ann))) == ["hasty", "trapped"]


@pytest.mark.parametrize("key", ["", "b.0123456789abcdef", "9999999999999.aaaaaaaaaaaaaaaa", "x" * 5000, "\u2603"])
async def test_who_tells_no_time_is_not_hasty(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock, key: str
) -> None:
    await post(client, {"content": "slow enough", "key": key})

    assert await inbox_of(services, ann) == ["slow enough"]


# Once


async def test_a_form_that_comes_twice_is_one_message(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    fields = written(clock, "once")
    answers = await asyncio.gather(*(post(client, fields) for _ in range(20)))

    assert all(SENT in answer.text for answer in answers)
    assert await inbox_of(services, ann) == ["once"]
    await post(client, {**fields, "content": "twice"})
    await post(client, {**fields, "key": new_key(clock.now - LEAST_TIME)})
    assert sorted(map(str, await inbox_of(services, ann))) == ["once", "once", "twice"]


async def test_the_form_and_the_page_count_as_one(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    fields = written(clock, "once")
    await post(client, fields)

    form = parse(MessageForm, {"username": "Ann", "content": "once"})
    await services.sharing.send(form, "another network", key=fields["key"])

    assert await inbox_of(services, ann) == ["once"]


# Ideas


async def test_an_idea_fills_an_empty_field_and_asks_before_it_replaces(
    client: AsyncClient, services: Services, ann: User, clock: FakeClock
) -> None:
    fields = written(clock, "")
    filled = await post(client, {**fields, "idea": "What next?"})
    ideas = re.findall(r'name="idea" value="([^"]+)"', filled.text)
    asked = await post(client, {**fields, "content": "mine", "idea": unescape(ideas[0])})
    kept = await post(client, {**fields, "content": "mine", "keep": "1"})
    replaced = await post(client, {**fields, "content": "mine", "replace": "What I would say:"})
    others = await post(client, {**fields, "content": "mine", "others": "1"})

    assert [field_in(answer.text) for answer in (filled, asked, kept, replaced, others)] == [
        "What next?",
        "mine",
        "mine",
        "What I would say: ",
        "mine",
    ]
    assert ["Replace what you have written?" in answer.text for answer in (filled, asked, kept)] == [False, True, False]
    assert re.findall(r'name="idea" value="([^"]+)"', kept.text) == ideas
    assert re.findall(r'name="idea" value="([^"]+)"', others.text) != ideas
    assert await inbox_of(services, ann) == []


async def test_other_ideas_come_round_again_and_the_form_keeps_its_key(
    client: AsyncClient, services: Services, people: People, ann: User, clock: FakeClock
) -> None:
    await choose(services, people, own_prompts="One?\nTwo?\nThree?\nFour?\nFive?")
    fields, seen, page = written(clock, "mine"), [], ""

    for _ in range(4):
        page = (await post(client, fields)).text if seen else (await client.get("/u/ann")).text
        seen.append(ideas_in(page))
        more = dict(re.findall(r'name="(seed|start|others)" value="([^"]+)"', page))
        fields = {**fields, **more}
    assert key_in(page) == fields["key"]
    kept = (await post(client, {**{name: fields[name] for name in ("key", "seed", "start")}, "keep": "1"})).text
    wrong = (await post(client, {name: fields[name] for name in ("key", "seed", "start")})).text

    assert seen == [
        ["One?", "Two?", "Three?"],
        ["Four?", "Five?", "One?"],
        ["Two?", "Three?", "Four?"],
        ["Five?", "One?", "Two?"],
    ]
    assert ideas_in(kept) == ideas_in(wrong) == seen[-1]


async def test_three_ideas_or_fewer_have_no_others(
    client: AsyncClient, services: Services, people: People, ann: User
) -> None:
    await choose(services, people, own_prompts="One?\nTwo?\nThree?")

    page = (await client.get("/u/ann")).text

    assert ideas_in(page) == ["One?", "Two?", "Three?"]
    assert "Other ideas" not in page


@pytest.mark.parametrize("others", ["", "x", "-1", "1000", "9" * 5000, "\u0661", "\ud800", "1.5"])
@pytest.mark.parametrize("seed", ["", "\ud800", "x" * 5000])
async def test_odd_wishes_for_ideas_get_some(
    client: AsyncClient, ann: User, clock: FakeClock, others: str, seed: str
) -> None:
    fields = {**written(clock, "mine"), "others": others, "seed": seed}
    body = urlencode(fields, errors="surrogatepass")

    answer = await client.post("/u/ann", content=body, headers=FORM)

    assert (answer.status_code, len(ideas_in(answer.text))) == (200, 3)


async def test_nothing_of_a_message_is_logged(
    client: AsyncClient, ann: User, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "anonmsg")
    fields = written(clock, "a secret of mine")

    await post(client, fields)
    await post(client, {**fields, "content": "a secret of mine" * 100})

    assert "a secret" not in caplog.text
    assert fields["key"] not in caplog.text


async def test_a_paused_inbox_says_when_it_opens_and_has_no_form(
    client: AsyncClient, services: Services, people: People, clock: FakeClock
) -> None:
    pam = await people.verified("pam")
    opens_at = clock() + timedelta(hours=1)
    await services.pausing.pause(pam.id, parse(PauseForm, {"until": opens_at.isoformat()}))

    paused = (await client.get("/u/pam")).text
    clock.advance(timedelta(hours=1))
    opened = (await client.get("/u/pam")).text

    assert "User is not accepting messages" in paused
    assert f"{opens_at:%H:%M} UTC</time>." in paused
    assert "<textarea" not in paused
    assert "<textarea" in opened
