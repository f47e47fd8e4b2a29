"""Writes HTML: elements whose texts and attributes can't break out of their place."""

import html


class Markup(str):
    """Text that is HTML already; every other text is escaped."""

    __slots__ = ()


Content = Markup | str
VOID = frozenset({"input", "meta", "link"})


def el(tag: str, *content: Content, **attributes: str | bool) -> Markup:
    """Return an element.

    Args:
        tag: Its name.
        content: What is inside, in order; plain text is escaped.
        attributes: By name; `class_` stands for `class` and `aria_label` for `aria-label`. True means present without
            a value, False absent.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items() if value is not False)
    end = "" if tag in VOID else f"</{tag}>"
    return Markup(f"<{tag}{written}>{join(*content)}{end}")


def join(*content: Content) -> Markup:
    """Return pieces one after the other; plain text is escaped."""
    return Markup("".join(piece if isinstance(piece, Markup) else _escape(piece) for piece in content))


def _attribute(name: str, value: str | bool) -> str:
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escape(str(value))}"'


def _escape(text: str) -> str:
    """Escape a text; half a character, which no page can hold, becomes the sign for an unknown one."""
    return html.escape(text.encode("utf-8", "replace").decode())
