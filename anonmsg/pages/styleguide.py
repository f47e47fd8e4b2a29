"""`/styleguide`: every component in every state, for people who change them. Only in `anonmsg dev`."""

import reflex as rx

from anonmsg.components import icons
from anonmsg.components.browser import Avatar, Dialog, DialogButton, Menu
from anonmsg.components.buttons import button, button_link, switch
from anonmsg.components.forms import field, submit_button, text_area
from anonmsg.components.frame import WIDE, frame, heading, sentence
from anonmsg.components.password_field import new_password_field, password_field
from anonmsg.components.surfaces import answer_card, card, empty_state, pill, skeleton
from anonmsg.components.times import LocalTime
from anonmsg.states.sign_up import SignUpState

COLOURS = ("paper", "surface", "sunken", "line", "line-strong", "ink", "ink-soft", "accent", "accent-soft")
OFF = rx.Var.create(False)
ON = rx.Var.create(True)


def _part(title: str, *examples: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="mb-4 text-2xl font-semibold"),
        rx.el.div(*examples, class_name="flex flex-wrap items-start gap-4"),
        class_name="mt-12",
    )


def _swatch(name: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name=f"h-14 w-24 rounded-lg border border-line-strong bg-{name}"),
        rx.el.p(name, class_name="hint"),
    )


def _colours() -> rx.Component:
    return _part("Colours", *map(_swatch, COLOURS))


def _type() -> rx.Component:
    return _part(
        "Type",
        rx.el.div(
            rx.el.p("A title", class_name="wordmark title"),
            rx.el.p("A heading", class_name="wordmark text-2xl"),
            rx.el.p("Text that somebody reads. ", rx.el.a("A link", href="#main", class_name="link")),
            rx.el.p("A hint", class_name="hint"),
            rx.el.p("Good news", class_name="good"),
            rx.el.p("Bad news", class_name="bad"),
        ),
    )


def _buttons() -> rx.Component:
    return _part(
        "Buttons",
        button("Primary", "primary"),
        button("Quiet"),
        button("Bare", "bare"),
        button("Disabled", disabled=True),
        button_link("A link", "/styleguide"),
        rx.el.div(submit_button("Ready", OFF, ON), class_name="w-40"),
        rx.el.div(submit_button("Busy", ON, ON), class_name="w-40"),
    )


def _fields() -> rx.Component:
    return _part(
        "Fields",
        rx.el.div(field("Empty", "empty", ""), class_name="w-72"),
        rx.el.div(field("With a hint", "hinted", "", hint=rx.el.p("A hint.", class_name="hint")), class_name="w-72"),
        rx.el.div(field("Broken", "broken", "This is not right", default_value="wrong"), class_name="w-72"),
        rx.el.div(field("Disabled", "disabled", "", disabled=True), class_name="w-72"),
        rx.el.div(text_area("Longer", "longer", "", rows=4), class_name="w-72"),
        rx.el.div(password_field("A password", "", name="secret"), class_name="w-72"),
        rx.el.div(new_password_field("A new password", SignUpState, "", name="new-secret"), class_name="w-72"),
        rx.el.span("Off", id="off-label"),
        switch("off-label", OFF),
        rx.el.span("On", id="on-label"),
        switch("on-label", ON),
    )


def _surfaces() -> rx.Component:
    return _part(
        "Surfaces",
        card(rx.el.p("A card"), class_name="w-60 p-5"),
        pill("A pill"),
        pill("An accent", accent=True),
        Avatar.create(name="ada"),
        Avatar.create(name="Bob"),
        Avatar.create(name="_x"),
        LocalTime.create(at="2026-01-01T12:00:00.000+00:00", class_name="hint"),
        rx.el.div(skeleton("h-20"), class_name="w-60"),
        rx.el.p("A failure that belongs to no field.", class_name="banner w-full"),
        rx.el.p("A notice from the page before.", class_name="notice w-full"),
    )


def _overlays() -> rx.Component:
    return _part(
        "Overlays",
        DialogButton.create("Open the dialog", dialog="sample", class_name="button button-quiet"),
        Dialog.create(rx.el.p("Escape, the button and a press beside it close it."), id="sample", label="A dialog"),
        Menu.create(
            rx.el.button("First", type="button"),
            rx.el.button("Second", type="button"),
            label="A menu",
            class_name="button button-quiet",
        ),
        rx.el.dialog(
            rx.el.div(
                rx.el.h3("A dialog that is open", class_name="text-xl font-semibold"),
                rx.el.p("As it looks; a real one lies over the page."),
                button("Close"),
                class_name="dialog-body",
            ),
            custom_attrs={"open": True, "aria-label": "A dialog that is open"},
            class_name="dialog in-place",
        ),
        rx.el.div(
            rx.el.p("A toast"),
            rx.el.button("Undo", type="button", class_name="button"),
            class_name="toast in-place w-80",
        ),
        rx.el.p("The connection is lost.", class_name="offline in-place w-full"),
        rx.el.dl(
            rx.el.div(rx.el.dt(rx.el.kbd("r")), rx.el.dd("A shortcut"), class_name="shortcut"), class_name="shortcuts"
        ),
    )


def _answers() -> rx.Component:
    return _part(
        "Empty states and answers",
        rx.el.div(empty_state(icons.empty_mailbox(), "Nothing yet", "What to do about it."), class_name="w-full"),
        rx.el.div(answer_card(icons.paper_plane(), "It worked", "What comes next."), class_name="w-full"),
        rx.el.div(answer_card(icons.closed_envelope(), "It is closed", "What that means."), class_name="w-full"),
        rx.el.div(answer_card(icons.lost_way(), "It is not there", "Where to go."), class_name="w-full"),
    )


def styleguide() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Style guide"),
        sentence("Every piece that pages are made of, in every state. It is built in development only."),
        _colours(),
        _type(),
        _buttons(),
        _fields(),
        _surfaces(),
        _overlays(),
        _answers(),
        width=WIDE,
    )
