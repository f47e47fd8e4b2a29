"""The form of the first HTML, and the ideas below it, which are buttons of the form."""

from anonmsg import send_form as words
from anonmsg.web.markup import Content, Markup, el
from anonmsg.web.send_view import FirstPage

OTHERS, IDEA, REPLACE, KEEP = "others", "idea", "replace", "keep"
"""Names of buttons that send the form without sending the message."""

SEED, START = "seed", "start"
"""Names of fields that say which ideas are shown."""

SEND = "send"
"""Where the form goes to: not to the page's own address, or browsers forget the page and Back shows one with a new key.

A cache drops what it has of an address that something was posted to (RFC 9111 section 4.4).
"""


def form(page: FirstPage) -> Markup:
    """Return the form, which a browser can send by itself."""
    return el(
        "form",
        _field(page),
        el("div", el("p", id="content-counter", class_="counter"), class_="tally"),
        el("input", type="hidden", id=words.KEY, name=words.KEY, value=page.key),
        el("input", type="hidden", name=words.MARK),
        el("input", type="hidden", name=SEED, value=page.seed or page.key),
        el("input", type="hidden", name=START, value=str(page.start)),
        _trap(),
        failure(page.failure),
        el("button", words.BUTTON, type="submit", class_="button button-primary w-full"),
        id="first-form",
        method="post",
        action=f"{page.path}?{SEND}",
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


def ideas(page: FirstPage) -> Markup:
    """Return prompts as buttons that send the form, which comes back with the prompt in it."""
    rows = [el("li", _press(idea, IDEA, idea, "prompt", dir="auto"), _ask(page, idea)) for idea in page.ideas]
    others = Markup("")
    if page.next_start is not None:
        others = _press(words.OTHERS, OTHERS, str(page.next_start), "button button-quiet mt-3")
    return el(
        "section",
        el("h2", words.IDEAS, class_="mb-3 text-xl font-semibold"),
        el("div", el("ul", *rows, class_="prompts"), others),
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


def failure(sentence: str) -> Markup:
    """Return a sentence that belongs to no field."""
    return el("p", sentence, role="alert", class_="banner")
