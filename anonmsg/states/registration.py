"""The sign-up that this browser started, remembered by the browser until it is verified."""

import reflex as rx


class BrowserRegistration(rx.State):
    """Keeps the registration's token in the browser's local storage.

    Scripts and people can change it at will; it is a secret of this browser, and the server looks
    it up each time.
    """

    token: rx.Field[str] = rx.field(rx.LocalStorage("", name="anonmsg-registration"))
