"""What all pages with a form share: showing what was wrong, by the field it belongs to."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import reflex as rx

from anonmsg.errors import AnonmsgError, InvalidInput
from anonmsg.schemas import Form, parse

AnyForm = TypeVar("AnyForm", bound=Form)


class FormState(rx.State, mixin=True):
    """Errors of a form. What was typed stays in the browser, in fields that no answer overwrites.

    Attributes:
        errors: One sentence a field, by the field's name.
        failure: A sentence that belongs to no field.
        busy: Whether an answer is being worked on.
    """

    errors: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    failure: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(False)

    def _fields(self) -> Collection[str]:
        """Return the fields that the page has now; what is wrong with others is said below the form."""
        return ()

    def _clear_errors(self) -> None:
        self.errors, self.failure = {}, ""

    def _read(self, form: type[AnyForm], submitted: object, **more: str) -> AnyForm:
        """Return what was submitted as a checked form; fields that it does not know are left out.

        Raises:
            InvalidInput: If a rule is broken.
        """
        values: Mapping[str, Any] = submitted if isinstance(submitted, Mapping) else {}
        return parse(form, {**{name: values[name] for name in form.model_fields if name in values}, **more})

    def _show(self, error: AnonmsgError) -> list[rx.event.EventSpec]:
        """Put the sentence of `error` by its field and move the focus there; the one place that maps errors."""
        said = error.errors if isinstance(error, InvalidInput) else {error.field: str(error)}
        fields = self._fields()
        self.errors = {field: sentence for field, sentence in said.items() if field in fields}
        self.failure = next((sentence for field, sentence in said.items() if field not in fields), "")
        return [rx.set_focus(next(iter(self.errors)))] if self.errors else []
