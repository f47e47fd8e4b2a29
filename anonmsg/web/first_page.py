"""The first HTML of `/u/<username>`: a whole page that works by itself, until the app's page takes over from it.

It looks as that page does, element by element (`pages/send.py`); a test compares the two. Nothing in it needs a
script: the form is sent as forms always were.
"""

import random
from dataclasses import dataclass, field
from typing import Literal

from anonmsg import drawings, prompts, routes
from anonmsg import send_form as words
from anonmsg.drawings import Shapes
from anonmsg.errors import InboxClosed, UserNotFound
from anonmsg.models import PageSettings
from anonmsg.web import robots
from anonmsg.web.markup import Content, Markup, el, join

State = Literal["open", "closed", "unknown", "sent", "away"]

IDEAS_AT_ONCE = 3
OTHERS, IDEA, REPLACE, KEEP = "others", "idea", "replace", "keep"
"""Names of buttons that send the form without sending the message."""

AROUND = "mx-auto flex w-full max-w-2xl flex-wrap items-center justify-between"


@dataclass(frozen=True, slots=True)
class FirstPage:
    """All that the page shows.

    Attributes:
        state: What is known of the inbox, or that the message was sent or the database is away.
        username: The recipient, spelt as they do.
        page: What the recipient chose.
        key: The key of the form.
        site_url: Where the site is.
        picture_url: A picture for previews in chats, "" for none.
        text: What is in the field.
        error: What is wrong with it, "" for nothing.
        failure: A sentence that belongs to no field, "" for none.
        asked: An idea that would replace what is in the field.
    """

    state: State
    username: str = ""
    page: PageSettings = field(default_factory=PageSettings)
    key: str = ""
    site_url: str = ""
    picture_url: str = ""
    text: str = ""
    error: str = ""
    failure: str = ""
    asked: str = ""

    @property
    def path(self) -> str:
        """The page's address on the site."""
        return routes.send_page(self.username)

    @property
    def ideas(self) -> list[str]:
        """Prompts to pick from; the same for the same key."""
        chance = random.Random(self.key)  # noqa: S311  # no secret hangs on this choice
        return prompts.pick(self.page, sample=chance.sample)[:IDEAS_AT_ONCE]

    @property
    def stays(self) -> bool:
        """Whether it says something that the app's page doesn't know: then that page waits for the next action."""
        return self.state not in {"open", "away"} or bool(self.error or self.failure or self.asked)


def title(page: FirstPage) -> str:
    """Return the title of the document."""
    fixed = {"unknown": UserNotFound.sentence, "away": words.USUAL_HEADING, "sent": words.SENT}
    return fixed.get(page.state) or words.title_for(page.username)


def head(page: FirstPage) -> Markup:
    """Return the title, what search engines are told, and what chats show as a preview."""
    return join(el("title", title(page)), Markup("" if page.page.is_indexed else robots.META), *(_preview(page) or []))


def _preview(page: FirstPage) -> list[Markup]:
    """Return the tags of a preview (The Open Graph protocol, ogp.me); only of a page that is somebody's."""
    if page.state not in {"open", "closed"}:
        return []
    heading = page.page.title or title(page)
    description = page.page.question or f"{words.TRUST.strip()} Say what you really think."
    named = {
        "og:type": "website",
        "og:site_name": "anonmsg",
        "og:title": heading,
        "og:description": description,
        "og:url": page.site_url + page.path,
        "og:image": page.picture_url,
    }
    tags = [el("meta", property=name, content=content) for name, content in named.items() if content]
    card = "summary_large_image" if page.picture_url else "summary"
    return [
        el("meta", name="description", content=description),
        *tags,
        el("meta", name="twitter:card", content=card),
    ]


def body(page: FirstPage) -> Markup:
    """Return the page itself, in an element that the framework has none of, so that it leaves it alone."""
    return el(
        "first-page",
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
    return el("header", home, class_=f"no-print {AROUND} gap-x-4 px-5 py-4")


def _footer() -> Markup:
    privacy = el("a", "Privacy", href=routes.PRIVACY, class_="link")
    said = el("p", "Nothing about senders is stored. ", privacy)
    return el("footer", said, class_=f"hint no-print {AROUND} gap-3 px-5 py-8")


def _headings(page: FirstPage) -> Markup:
    usual = words.title_for(page.username) if page.state not in {"unknown", "away"} else words.USUAL_HEADING
    subtitle = el("p", usual, class_="hint mt-1 empty:hidden") if page.page.title else Markup("")
    heading = el("h1", page.page.title or usual, class_="title", dir="auto")
    return el("div", heading, subtitle, class_="two-lines")


def _content(page: FirstPage) -> list[Markup]:
    own_link = _button_link(words.OWN_LINK, routes.SIGN_UP)
    if page.state == "open":
        return [_write(page)]
    if page.state == "away":
        return [_failure(page.failure), el("p", _button_link("Try again", page.path), class_="mt-10 text-center")]
    if page.state == "sent":
        another = _button_link(words.ANOTHER, page.path + "?again", "primary")
        return [_answer(drawings.PAPER_PLANE, words.SENT, words.THANKS, another, own_link)]
    if page.state == "closed":
        answer = _answer(drawings.CLOSED_ENVELOPE, InboxClosed.sentence, words.CLOSED_ADVICE, own_link)
    else:
        answer = _answer(drawings.LOST_WAY, UserNotFound.sentence, words.UNKNOWN_ADVICE, own_link)
    return [answer, _unsent(page)] if page.text else [answer]


def _button_link(label: str, to: str, kind: str = "quiet") -> Markup:
    return el("a", label, href=to, class_=f"button button-{kind}")


def _answer(shapes: Shapes, sentence: str, advice: str, *actions: Markup) -> Markup:
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


def _failure(sentence: str) -> Markup:
    return el("p", sentence, role="alert", class_="banner")


def _write(page: FirstPage) -> Markup:
    question = el("p", page.page.question, class_="question mt-4", dir="auto") if page.page.question else Markup("")
    kept = el("a", words.PRIVACY, href=routes.PRIVACY, class_="link")
    return el(
        "div",
        question,
        el("div", _form(page), class_="card mt-6 p-6"),
        el("p", words.TRUST, words.DRAFT, kept, class_="hint mt-3"),
        _ideas(page),
        el("p", _button_link(words.OWN_LINK, routes.SIGN_UP), class_="mt-10 text-center"),
    )


def _form(page: FirstPage) -> Markup:
    return el(
        "form",
        _field(page),
        el("div", el("p", id="content-counter", class_="counter"), class_="tally"),
        el("input", type="hidden", id=words.KEY, name=words.KEY, value=page.key),
        _trap(),
        _failure(page.failure),
        el("button", words.BUTTON, type="submit", class_="button button-primary w-full"),
        id="first-form",
        method="post",
        action=page.path,
        novalidate=True,  # the sentences are ours, with and without a script
        class_="flex flex-col gap-5",
    )


def _field(page: FirstPage) -> Markup:
    area = el(
        "textarea",
        "\n" + page.text,  # HTML leaves out the first line end
        id="content",
        name="content",
        rows="7",
        placeholder=words.PLACEHOLDER,
        required=True,
        dir="auto",
        class_="input",
        aria_invalid="true" if page.error else "false",
        aria_describedby="content-error",
        autofocus=bool(page.error or (page.text and not page.asked)),
    )
    error = el("p", page.error, id="content-error", role="alert", class_="bad text-sm font-medium empty:hidden")
    label = el("label", words.LABEL, for_="content", class_="font-semibold")
    return el("div", label, area, error, class_="flex flex-col gap-1.5")


def _trap() -> Markup:
    return el(
        "div",
        el("label", "Leave this empty", for_=words.TRAP),
        el("input", id=words.TRAP, name=words.TRAP, type="text", tabindex="-1", autocomplete="off", class_="input"),
        class_="sr-only",
        aria_hidden="true",
    )


def _ideas(page: FirstPage) -> Markup:
    """Return prompts as buttons that send the form, which comes back with the prompt in it."""
    rows = [el("li", _press(idea, IDEA, idea, "prompt", dir="auto"), _ask(page, idea)) for idea in page.ideas]
    return el(
        "section",
        el("h2", words.IDEAS, class_="mb-3 text-xl font-semibold"),
        el("div", el("ul", *rows, class_="prompts"), _press(words.OTHERS, OTHERS, "1", "button button-quiet mt-3")),
        class_="mt-8",
    )


def _ask(page: FirstPage, idea: str) -> Content:
    if idea != page.asked:
        return ""
    question = el("p", "Replace what you have written?", id="prompt-question")
    replace = _press("Replace", REPLACE, idea, "button button-primary")
    keep = _press("Keep mine", KEEP, "1", "button button-quiet", autofocus=True)
    buttons = el("div", replace, keep, class_="flex flex-wrap gap-2")
    return el("div", question, buttons, role="group", aria_labelledby="prompt-question", class_="prompt-ask")


def _press(label: str, name: str, value: str, class_name: str, **more: str | bool) -> Markup:
    return el("button", label, type="submit", form="first-form", name=name, value=value, class_=class_name, **more)
