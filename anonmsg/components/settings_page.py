"""The section of the settings page about the send page."""

import reflex as rx

from anonmsg import prompts, routes
from anonmsg.components.forms import failure, field, form, text_area
from anonmsg.components.settings_section import done, section, small_submit
from anonmsg.models import ACCENTS, MOST_CHARACTERS, THEMES
from anonmsg.page_forms import LEAST_CHARACTERS, PROMPTS_MAX
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_page import THEME_PREFIX, SendPageState

SAVE = "save-page"


def _choices(legend: str, hint: str, *choices: rx.Component) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(legend, class_name="font-semibold"),
        rx.el.p(hint, class_name="hint mt-1.5 empty:hidden"),
        rx.el.div(*choices, class_name="mt-2.5 flex flex-wrap gap-2"),
    )


def _theme(theme: str, label: str) -> rx.Component:
    box = rx.el.input(
        type="checkbox", name=THEME_PREFIX + theme, default_checked=SettingsState.send_page.themes.contains(theme)
    )
    return rx.el.label(box, label, class_name="choice")


def _accent(accent: str) -> rx.Component:
    """Return a colour to choose, shown in itself."""
    return rx.el.label(
        rx.el.input(
            type="radio", name="accent", value=accent, default_checked=SettingsState.send_page.accent == accent
        ),
        accent.capitalize(),
        class_name=f"choice accent-{accent}",
    )


def _words() -> tuple[rx.Component, ...]:
    page, errors = SettingsState.send_page, SendPageState.errors
    return (
        field(
            "Title",
            "title",
            errors.get("title", ""),
            hint=rx.el.p("The heading of your page. Your username is shown below it.", class_name="hint"),
            default_value=page.title,
            auto_complete="off",
            dir="auto",
        ),
        field(
            "Question",
            "question",
            errors.get("question", ""),
            hint=rx.el.p("For example: Ask me anything about the talk.", class_name="hint"),
            default_value=page.question,
            auto_complete="off",
            dir="auto",
        ),
    )


def _ideas() -> tuple[rx.Component, ...]:
    return (
        _choices(
            "Ideas for your senders",
            "Choose what they are about. Choose none to offer a bit of everything.",
            *(_theme(theme, prompts.LABELS[theme]) for theme in THEMES),
        ),
        rx.el.div(
            text_area(
                "Your own ideas",
                "own_prompts",
                SendPageState.errors.get("own_prompts", ""),
                rows=4,
                default_value=SettingsState.send_page.own_prompts,
                dir="auto",
            ),
            rx.el.p(
                f"One a line, {PROMPTS_MAX} at most. They are offered first. "
                "With ideas of your own and no theme, only yours are offered.",
                class_name="hint",
            ),
            class_name="flex flex-col gap-1.5",
        ),
    )


def _rules() -> tuple[rx.Component, ...]:
    return (
        rx.el.div(
            field(
                "Longest message",
                "most_characters",
                SendPageState.errors.get("most_characters", ""),
                hint=rx.el.p(f"{LEAST_CHARACTERS} to {MOST_CHARACTERS} characters.", class_name="hint"),
                default_value=SettingsState.send_page.most_characters.to_string(),
                input_mode="numeric",
                auto_complete="off",
            ),
            class_name="max-w-xs",
        ),
        _choices("Colour", "", *(_accent(accent) for accent in ACCENTS)),
        rx.el.div(
            rx.el.label(
                rx.el.input(type="checkbox", name="is_indexed", default_checked=SettingsState.send_page.is_indexed),
                "Let search engines list my page",
                class_name="check",
            ),
            rx.el.p("Otherwise only people who have your link find it.", class_name="hint"),
        ),
    )


def page_section() -> rx.Component:
    """Return the form for the send page, filled with what is stored; made anew when that changed elsewhere."""
    look = rx.el.a(
        "See your page",
        rx.el.span(" (opens in a new tab)", class_name="sr-only"),
        href=f"{routes.send_page('')}{SettingsState.username}",
        target="_blank",
        rel="noopener",
        class_name="button button-quiet",
    )
    return section(
        "Your page",
        rx.el.p("What people see who open your link. Everybody who has the link can read it."),
        rx.el.div(
            form(
                *_words(),
                *_ideas(),
                *_rules(),
                failure(SendPageState.failure),
                rx.el.div(
                    small_submit("Save your page", SendPageState.busy, SAVE), look, class_name="flex flex-wrap gap-3"
                ),
                on_submit=SendPageState.submit,
            ),
            key=SettingsState.page_stamp.to_string(),
            class_name="mt-5",
        ),
        done(SendPageState.done),
    )
