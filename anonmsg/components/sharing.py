"""What somebody does with the own link: share it, show it as a code or a picture, or print it."""

import reflex as rx

from anonmsg.components.browser import Dialog, DialogButton, FileLink, ShareButton
from anonmsg.pictures.cards import POSTER, QR_PNG, QR_SVG, SIZES, Shape

BUTTON = "button button-quiet grow basis-2/5 sm:grow-0 sm:basis-auto"
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
    return FileLink.create(
        label,
        href=_file(username, name),
        download=f"anonmsg-{username}-{name}",
        label=what,
        class_name=BUTTON,
    )


def _image(username: rx.Var[str], name: str, alt: str, width: int, height: int, class_name: str) -> rx.Component:
    """Return an image that is fetched when its dialog opens; the size keeps its place until then."""
    size = {"width": width, "height": height}  # as props they would be a style, which the policy forbids
    return rx.el.img(src=_file(username, name), alt=alt, loading="lazy", class_name=class_name, custom_attrs=size)


def _qr(username: rx.Var[str]) -> rx.Component:
    return Dialog.create(
        _image(username, QR_SVG, "QR code of your link", 360, 360, "qr"),
        rx.el.p("Whoever scans it comes to your page.", class_name="hint"),
        rx.el.div(
            _save("Save SVG", "Save SVG", username, QR_SVG),
            _save("Save PNG", "Save PNG", username, QR_PNG),
            class_name="flex flex-wrap gap-2",
        ),
        id=QR,
        label="QR code",
    )


def _picture(username: rx.Var[str], shape: Shape, alt: str, what: str) -> rx.Component:
    name = f"{shape}.png"
    return rx.el.figure(
        _image(username, name, alt, *SIZES[shape], "share-picture"),
        _save("Save", what, username, name),
        class_name="grid content-start gap-3",
    )


def _pictures(username: rx.Var[str]) -> rx.Component:
    return Dialog.create(
        rx.el.p("They show your name, your question and your link.", class_name="hint"),
        rx.el.div(
            _picture(username, "square", "Square picture for a post", "Save the square picture"),
            _picture(username, "story", "Tall picture for a story", "Save the tall picture"),
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
        FileLink.create("Poster", href=_file(username, POSTER), target="_blank", class_name=BUTTON),
        _qr(username),
        _pictures(username),
        class_name="no-print mt-4 flex flex-wrap gap-2",
    )
