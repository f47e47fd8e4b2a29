"""`/`: what this is, how it works, and the way in."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.buttons import button_link
from anonmsg.components.frame import WIDE, frame, heading, page_link
from anonmsg.components.surfaces import pill

STEPS = (
    ("Create your link", "Pick a name. Your link is ready as soon as your email is verified."),
    ("Share it", "In your profile, after a talk, in your class. Wherever honest words would help."),
    ("Read what they think", "Messages arrive in your private inbox. Keep them, delete them, or close the inbox."),
)
SAMPLES = (
    "Your feedback on my draft was the first that made it better. Thank you for taking the time.",
    "You interrupt people when you are excited. I know you mean well, but quiet ones stop talking.",
    "That story about your first job made me apply for mine.",
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
        class_name="flex gap-4",
    )


def _sample(text: str) -> rx.Component:
    return rx.el.li(
        rx.el.p(text, class_name="message-text"),
        rx.el.p(pill("Sample"), class_name="mt-3"),
        class_name="card p-5",
    )


def home() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.section(
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
        ),
        rx.el.section(
            rx.el.h2("How it works", class_name="text-2xl font-semibold"),
            rx.el.ol(*(_step(number, *step) for number, step in enumerate(STEPS, 1)), class_name="mt-5 grid gap-5"),
            class_name="mt-14",
        ),
        rx.el.section(
            rx.el.h2("What arrives", class_name="text-2xl font-semibold"),
            rx.el.ul(*map(_sample, SAMPLES), class_name="mt-5 grid gap-4"),
            class_name="mt-14",
        ),
        rx.el.section(
            rx.el.h2("How senders stay safe", class_name="text-2xl font-semibold"),
            rx.el.p(
                "A sender needs no account and leaves no name, address or cookie. "
                "Messages are encrypted before they are stored. ",
                page_link("Read exactly what is kept", routes.PRIVACY),
                class_name="mt-3 max-w-prose text-ink-soft",
            ),
            class_name="mt-14",
        ),
        width=WIDE,
    )
