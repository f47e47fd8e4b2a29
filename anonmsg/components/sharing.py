"""What somebody does with the own link: share it, show it as a code or a picture, or print it."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import Dialog, DialogButton, ShareButton

BUTTON = "button button-quiet grow sm:grow-0"
QR, PICTURES = "qr", "pictures"


def _file(username: rx.Var[str], name: str) -> rx.Var[str]:
    """Return the path of something to share; `routes.shared_file` makes the same for a name that is known."""
    return f"/u/{username}/{name}"  # pyright: ignore[reportReturnType]  # the framework makes a Var of it


def _save(label: str, what: str, username: rx.Var[str], name: str) -> rx.Component:
    """Return a link that saves a file; a page that opened it would close its own connection.

    Args:
        label: What is on it.
        what: Its name for those who don't see what it is below; begins with the label.
        username: Whose link it is for.
        name: The file's name below the send page.
    """
    return rx.el.a(
        label,
        href=_file(username, name),
        download=f"anonmsg-{username}-{name}",
        aria_label=what,
        class_name=BUTTON,
    )


def _qr(username: rx.Var[str]) -> rx.Component:
    return Dialog.create(
        rx.el.img(
            src=_file(username, routes.QR_SVG),
            alt="QR code of your link",
            loading="lazy",
            width="360",
            height="360",
            class_name="qr",
        ),
        rx.el.p("Whoever scans it comes to your page.", class_name="hint"),
        rx.el.div(
            _save("Save SVG", "Save SVG", username, routes.QR_SVG),
            _save("Save PNG", "Save PNG", username, routes.QR_PNG),
            class_name="flex flex-wrap gap-2",
        ),
        id=QR,
        label="QR code",
    )


def _picture(username: rx.Var[str], name: str, what: str, alt: str, width: str, height: str) -> rx.Component:
    return rx.el.figure(
        rx.el.img(
            src=_file(username, name), alt=alt, loading="lazy", width=width, height=height, class_name="share-picture"
        ),
        _save("Save", what, username, name),
        class_name="grid content-start gap-3",
    )


def _pictures(username: rx.Var[str]) -> rx.Component:
    return Dialog.create(
        rx.el.p("They show your name, your question and your link.", class_name="hint"),
        rx.el.div(
            _picture(username, "square.png", "Save the square picture", "Square picture for a post", "1080", "1080"),
            _picture(username, "story.png", "Save the tall picture", "Tall picture for a story", "1080", "1920"),
            class_name="grid grid-cols-2 gap-4",
        ),
        id=PICTURES,
        label="Pictures",
    )


def sharing(username: rx.Var[str], link: rx.Var[str]) -> rx.Component:
    """Return the buttons that go with a share link, and the dialogs behind them.

    Args:
        username: Whose link it is.
        link: The whole address.
    """
    return rx.el.div(
        ShareButton.create("Share", link=link, title="Send me an anonymous message", class_name=BUTTON),
        DialogButton.create("QR code", dialog=QR, class_name=BUTTON),
        DialogButton.create("Pictures", dialog=PICTURES, class_name=BUTTON),
        rx.el.a("Poster", href=_file(username, routes.POSTER), target="_blank", class_name=BUTTON),
        _qr(username),
        _pictures(username),
        class_name="no-print mt-4 flex flex-wrap gap-2",
    )
