"""The live answer how good a new password is."""

import asyncio

import reflex as rx

from anonmsg.strength import rate


class PasswordCheck(rx.State, mixin=True):
    """Answers while the person types. Of the password itself nothing is kept.

    Attributes:
        password_score: 0 (guessed at once) to 4, or -1 while there is nothing to rate.
        password_verdict: What is said under the field, "" for nothing.
    """

    password_score: rx.Field[int] = rx.field(-1)
    password_verdict: rx.Field[str] = rx.field("")

    @rx.event(supersedes=True)
    async def rate_password(self, password: str, username: str, email: str):
        """Say how good `password` is; a newer call cancels an older one, so no stale answer shows.

        Args:
            password: What is in the field.
            username: What is in the page's field for a name, "" if it has none.
            email: Likewise for an address.
        """
        if not password:
            self.password_score, self.password_verdict = -1, ""
            return
        rating = await asyncio.to_thread(rate, password, username[:64], email[:256])
        self.password_score, self.password_verdict = rating.score, rating.sentence
