"""`/`: what this is, how it works, and the way in."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import LiveSample
from anonmsg.components.buttons import button_link
from anonmsg.components.frame import WIDEST, frame, heading, page_link
from anonmsg.rules import MESSAGE_MAX

STEPS = (
    ("Create your link", "Pick a name. Your link is ready as soon as your email is verified."),
    ("Share it", "In your profile, after a talk, in your class. Wherever honest words would help."),
    ("Read what they think", "Messages arrive in your private inbox. Keep them, delete them, or close the inbox."),
)
SAMPLES = (
    "Your feedback on my draft was the first that made it better. Thank you for taking the time.",
    "You interrupt people when you are excited. I know you mean well, but quiet ones stop talking.",
)


def _welcome() -> rx.Component:
    return rx.el.section(
        heading("Hear what people really think."),
        rx.el.p(
            "Share one link and receive honest messages. Nobody can see who wrote them, not even us.",
            class_name="mt-4 max-w-prose text-lg text-ink-soft",
        ),
        rx.el.div(
            button_link("Create your link", routes.SIGN_UP, "primary"),
            button_link("Sign in", routes.SIGN_IN),
            class_name="mt-7 flex flex-wrap gap-3",
        ),
    )


def _sample() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Try it", class_name="text-2xl font-semibold"),
        rx.el.p(
            "Write as somebody with your link would, and see it arrive. This is a sample: nothing is sent or kept.",
            class_name="mt-2 max-w-prose text-ink-soft",
        ),
        LiveSample.create(samples=list(SAMPLES), most=MESSAGE_MAX),
        class_name="mt-16",
    )


def _step(number: int, title: str, text: str) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            str(number),
            class_name="wordmark flex size-9 shrink-0 items-center justify-center rounded-full bg-accent-soft text-lg",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.div(
            rx.el.h3(title, class_name="font-semibold"),
            rx.el.p(text, class_name="text-ink-soft"),
        ),
        class_name="flex gap-4 md:grid md:content-start",
    )


def _how_it_works() -> rx.Component:
    return rx.el.section(
        rx.el.h2("How it works", class_name="text-2xl font-semibold"),
        rx.el.ol(
            *(_step(number, *step) for number, step in enumerate(STEPS, 1)),
            class_name="mt-5 grid gap-5 md:grid-cols-3 md:gap-8",
        ),
        class_name="mt-16",
    )


def _safety() -> rx.Component:
    return rx.el.section(
        rx.el.h2("How senders stay safe", class_name="text-2xl font-semibold"),
        rx.el.p(
            "A sender needs no account and leaves no name, address or cookie. "
            "Messages are encrypted before they are stored. ",
            page_link("Read exactly what is kept", routes.PRIVACY),
            class_name="mt-3 max-w-prose text-ink-soft",
        ),
        class_name="mt-16",
    )


def home() -> rx.Component:
    """Return the page."""
    return frame(_welcome(), _sample(), _how_it_works(), _safety(), width=WIDEST)
