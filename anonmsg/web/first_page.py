"""The first HTML of `/u/<username>`: a whole page that works by itself, until the app's page takes over from it.

It looks as that page does, element by element (`pages/send.py`); a test compares the two. Nothing in it needs a
script: the form is sent as forms always were.
"""

from datetime import UTC
from pathlib import Path

from anonmsg import drawings, routes
from anonmsg import send_form as words
from anonmsg.drawings import Shapes
from anonmsg.errors import InboxClosed, UserNotFound
from anonmsg.web.first_form import failure, form, ideas
from anonmsg.web.lean import lean
from anonmsg.web.markup import Content, Markup, el, join
from anonmsg.web.send_view import FirstPage

EARLY = lean(Path(__file__).with_name("early.js").read_text("utf-8"))
"""The last thing in the page: a script that keeps a draft while the app's scripts are on their way."""

SCRIPTED = "document.currentScript.parentElement.dataset.scripted = true;"
"""Says first of all that scripts run here, so that what is true only then is there when the page is first painted."""

LOCAL = lean("""{
const time = document.currentScript.previousElementSibling;
const said = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
time.textContent = said.format(new Date(time.dateTime));
}""")
"""Says a time in the reader's own language and zone before it is painted, word for word as the app (`time.js`)."""

AROUND = "mx-auto flex w-full max-w-2xl flex-wrap items-center justify-between"


def body(page: FirstPage) -> Markup:
    """Return the page itself, in an element that the framework has none of, so that it leaves it alone."""
    return el(
        "first-page",
        el("script", Markup(SCRIPTED)),
        el("a", "Skip to content", href="#main", class_="skip"),
        _header(),
        el(
            "main",
            _headings(page),
            *_content(page),
            id="main",
            tabindex="-1",
            class_="mx-auto w-full max-w-md min-h-dvh px-5 pt-6 pb-12 outline-none",
        ),
        _footer(),
        el("script", Markup(EARLY)),
        id="first",
        class_=f"flex min-h-dvh flex-col accent-{page.page.accent}",
        data_name=page.username,
        data_most=str(page.page.most_characters),
        data_sent=page.state == "sent",
        data_stays=page.stays,
    )


def _header() -> Markup:
    mark = el(
        "svg",
        el("path", d=drawings.BUBBLE, class_="fill-accent"),
        el("path", d=drawings.FLAP, class_="mark-flap"),
        viewBox=drawings.MARK_BOX,
        class_="size-8",
        aria_hidden="true",
        focusable="false",
    )
    name = el("span", "anonmsg", class_="wordmark text-xl font-semibold")
    home = el("a", mark, name, href=routes.HOME, class_="flex items-center gap-2.5 rounded-lg")
    return el("header", home, class_=f"no-print {AROUND} gap-x-2 px-5 py-4")


def _footer() -> Markup:
    """Return the footer, with a place for what the app's page has there and only a script can do."""
    privacy = el("a", "Privacy", href=routes.PRIVACY, class_="link")
    said = el("p", "Nothing about senders is stored. ", privacy)
    colours = el("span", el("span", "Colours"), el("span", "Like my device", class_="select"), class_="theme unseen")
    return el("footer", said, colours, class_=f"hint no-print {AROUND} gap-3 px-5 py-8")


def _headings(page: FirstPage) -> Markup:
    usual = words.title_for(page.username) if page.state not in {"unknown", "away"} else words.USUAL_HEADING
    subtitle = el("p", usual, class_="hint mt-1 empty:hidden") if page.page.title else Markup("")
    heading = el("h1", page.page.title or usual, class_="title", dir="auto")
    return el("div", heading, subtitle, class_="two-lines")


def _content(page: FirstPage) -> list[Markup]:
    own_link = _button_link(words.OWN_LINK, routes.SIGN_UP)
    if page.state == "open":
        return [el("div", role="status"), _write(page)]  # the place where the app's page says that it was sent
    if page.state == "away":
        return [failure(page.failure), el("p", _button_link("Try again", page.path), class_="mt-10 text-center")]
    if page.state == "sent":
        another = _button_link(words.ANOTHER, page.path + "?again", "primary")
        return [_answer(drawings.PAPER_PLANE, words.SENT, words.THANKS, another, own_link)]
    if page.state == "closed":
        answer = _answer(drawings.CLOSED_ENVELOPE, InboxClosed.sentence, _closed_advice(page), own_link)
    else:
        answer = _answer(drawings.LOST_WAY, UserNotFound.sentence, words.UNKNOWN_ADVICE, own_link)
    return [answer, _unsent(page)] if page.text else [answer]


def _button_link(label: str, to: str, kind: str = "quiet") -> Markup:
    return el("a", label, href=to, class_=f"button button-{kind}")


def _closed_advice(page: FirstPage) -> Content:
    """Return what to do about a closed inbox; the reader's zone is known to scripts only."""
    if page.opens_at is None:
        return words.CLOSED_ADVICE
    moment = page.opens_at.astimezone(UTC)
    time = el("time", f"{moment:%A, %d %B %Y, %H:%M} UTC", datetime=moment.isoformat())
    return join("Opens again ", time, ".", el("script", Markup(LOCAL)))


def _answer(shapes: Shapes, sentence: str, advice: Content, *actions: Markup) -> Markup:
    return el(
        "div",
        el(
            "div",
            _drawing(shapes),
            el("p", sentence, class_="wordmark text-2xl"),
            el("p", advice, class_="mt-2 text-ink-soft"),
            el("div", *actions, class_="mt-6 flex flex-wrap justify-center gap-3"),
            class_="card mt-6 grid justify-items-center px-6 py-10 text-center",
        ),
        role="status",
    )


def _drawing(shapes: Shapes) -> Markup:
    paths = [el("path", d=path, class_="filled" if is_filled else False) for path, is_filled in shapes]
    return el("svg", *paths, viewBox=drawings.DRAWING_BOX, class_="drawing", aria_hidden="true")


def _unsent(page: FirstPage) -> Markup:
    """Return what somebody wrote who can't send it, to be copied."""
    label = el("label", "What you wrote", for_="unsent", class_="font-semibold")
    field = el("textarea", "\n" + page.text, id="unsent", rows="7", readonly=True, dir="auto", class_="input")
    return el("div", label, field, class_="mt-6 flex flex-col gap-1.5")


def _write(page: FirstPage) -> Markup:
    question = el("p", page.page.question, class_="question mt-4", dir="auto") if page.page.question else Markup("")
    kept = el("a", words.PRIVACY, href=routes.PRIVACY, class_="link")
    return el(
        "div",
        question,
        el("div", form(page), class_="card mt-6 p-6"),
        el("p", words.TRUST, el("span", words.BROWSER, class_="where-scripted"), kept, class_="hint mt-3"),
        ideas(page),
        el("p", _button_link(words.OWN_LINK, routes.SIGN_UP), class_="mt-10 text-center"),
        el("div", class_="mt-6"),  # where the app's page says that this browser has a mark
    )
