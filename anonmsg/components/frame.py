"""The frame around every page: header, main, footer, and what is said when the connection is lost."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router import link

from anonmsg import routes
from anonmsg.components.browser import NoticeText, SkipLink, ThemeChoice
from anonmsg.components.icons import mark
from anonmsg.states.notice import Notice

NARROW = "max-w-md"
WIDE = "max-w-2xl"
WIDEST = "max-w-4xl"


def page_link(label: str, to: str | rx.Var[str], class_name: str = "link") -> rx.Component:
    """Return a link to another page of ours, without loading a new document."""
    return link(label, to=to, class_name=class_name)


def _header(actions: tuple[rx.Component, ...], width: str) -> rx.Component:
    home = link(
        mark(),
        rx.el.span("anonmsg", class_name="wordmark text-xl font-semibold"),
        to=routes.HOME,
        class_name="flex items-center gap-2.5 rounded-lg",
    )
    return rx.el.header(
        home,
        *([_account(actions)] if actions else []),
        class_name=f"no-print mx-auto flex w-full {width} flex-wrap items-center justify-between gap-x-2 px-5 py-4",
    )


def _account(actions: tuple[rx.Component, ...]) -> rx.Component:
    look = "ms-auto flex flex-wrap items-center gap-3"
    return rx.el.nav(*actions, class_name=look, custom_attrs={"aria-label": "Account"})


def _footer(width: str) -> rx.Component:
    return rx.el.footer(
        rx.el.p("Nothing about senders is stored. ", page_link("Privacy", routes.PRIVACY)),
        ThemeChoice.create(),
        class_name=f"hint no-print mx-auto flex w-full {width} flex-wrap items-center justify-between gap-3 px-5 py-8",
    )


def frame(
    *content: rx.Component,
    actions: tuple[rx.Component, ...] = (),
    width: str = NARROW,
    grows: bool = False,
    class_name: str = "",
) -> rx.Component:
    """Return a whole page around `content`.

    Args:
        content: What is inside the main landmark.
        actions: What the header offers.
        width: How wide the content may become.
        grows: Whether more comes with the first answer; then the footer is below the window, where it moves unseen.
        class_name: A class of the whole page, such as its accent.
    """
    around = WIDE if width == NARROW else width  # what stands around a narrow form needs more room than the form
    return rx.el.div(
        SkipLink.create("Skip to content", to="main", class_name="skip"),
        _header(actions, around),
        rx.el.main(
            rx.el.p(
                NoticeText.create(text=Notice.text, coming=Notice.coming, coming_at=Notice.coming_at),
                role="status",
                class_name="notice mb-6",
            ),
            *content,
            id="main",
            tab_index=-1,
            class_name=f"mx-auto w-full {width} {'min-h-dvh' if grows else 'flex-1'} px-5 pt-6 pb-12 outline-none",
        ),
        _footer(around),
        class_name=f"flex min-h-dvh flex-col {class_name}".rstrip(),
    )


def overlay() -> rx.Component:
    """Return what every page says while it can't reach the server."""
    return rx.el.div(
        rx.cond(
            has_connection_errors,
            rx.el.p("No connection. What you typed is kept; trying again…", class_name="offline"),
            rx.fragment(),
        ),
        role="status",
    )


def heading(text: str | rx.Var[str]) -> rx.Component:
    """Return the one heading of a page."""
    return rx.el.h1(text, class_name="title")


def sentence(*parts: rx.Component | rx.Var[str] | str) -> rx.Component:
    """Return a quiet sentence."""
    return rx.el.p(*parts, class_name="mt-2 text-ink-soft")
