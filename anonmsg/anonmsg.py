"""The app object: pages, lifespan, and the layers around it. Nothing else."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from functools import partial

import reflex as rx
from reflex.app import default_error_boundary
from reflex.utils.prerequisites import get_web_dir
from reflex_base.environment import environment
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from anonmsg import bootstrap, live, routes
from anonmsg.api.app import create_api
from anonmsg.components.frame import overlay
from anonmsg.pages.dashboard import dashboard
from anonmsg.pages.forgot_password import forgot_password
from anonmsg.pages.home import home
from anonmsg.pages.not_found import not_found
from anonmsg.pages.privacy import privacy
from anonmsg.pages.reset_password import reset_password
from anonmsg.pages.send import send
from anonmsg.pages.settings import settings
from anonmsg.pages.sign_in import sign_in
from anonmsg.pages.sign_up import sign_up
from anonmsg.pages.styleguide import styleguide
from anonmsg.pages.verify import verify
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.faults import HideHeaders, answer_fault, note_page_fault
from anonmsg.states.forgot_password import ForgotPasswordState
from anonmsg.states.gate import Gate
from anonmsg.states.live_updates import announce, deliveries
from anonmsg.states.notice import Notice
from anonmsg.states.reset_password import ResetPasswordState
from anonmsg.states.send import SendState
from anonmsg.states.settings import SettingsState
from anonmsg.states.sign_in import SignInState
from anonmsg.states.sign_up import SignUpState
from anonmsg.states.verify import VerifyState
from anonmsg.states.wire import Wire
from anonmsg.stopping import stop
from anonmsg.web.branch import Branch
from anonmsg.web.exporting import EXPORT_ROUTES
from anonmsg.web.robots import ROBOTS_ROUTES
from anonmsg.web.session import SESSION_ROUTES
from anonmsg.web.sharing import SHARING_ROUTES
from anonmsg.web.site import wrap


class AnonmsgApp(rx.App):
    """The framework's app with our layers outside it, where its CORS answers pass them too."""

    def __call__(self) -> ASGIApp:
        """Return the whole site."""
        origins = rx.config.get_config().cors_allowed_origins  # who may ask, as for what the framework serves itself
        api = CORSMiddleware(
            create_api(bootstrap.services), origins, allow_methods=["*"], allow_headers=["*"], allow_credentials=True
        )
        return wrap(Branch(super().__call__(), routes.API, api), get_web_dir() / "build" / "client")

    def _setup_state(self) -> None:
        """Set up the events, and answer them with our side of the wire instead of the framework's."""
        super()._setup_state()
        if self.sio is None or self._event_namespace is None:
            raise RuntimeError("The framework sets up its events in another way.")
        self._event_namespace = Wire(self._event_namespace.namespace, self)
        self.sio.register_namespace(self._event_namespace)


@contextlib.asynccontextmanager
async def run_services(app: rx.App) -> AsyncGenerator[None]:
    """Run the services and the live updates for as long as the server runs."""
    async with bootstrap.running() as services:
        updates = asyncio.create_task(live.follow(services.changes, services.database, partial(announce, app)))
        try:
            yield
        finally:
            await stop(updates)
            await deliveries.close()


def create_app() -> AnonmsgApp:
    """Return the app with all its pages."""
    outer = Starlette(routes=[*SESSION_ROUTES, *EXPORT_ROUTES, *ROBOTS_ROUTES, *SHARING_ROUTES])
    outer.router.redirect_slashes = False  # a redirect's address would come from the Host header
    app = AnonmsgApp(
        html_lang="en",
        toaster=None,
        stylesheets=["/tokens.css"],
        head_components=[
            rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
            rx.el.link(rel="apple-touch-icon", href="/apple-touch-icon.png"),
            rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        ],
        app_wraps={
            (55, "ErrorBoundary"): lambda _: default_error_boundary(),
            (5, "Overlay"): lambda stateful: rx.fragment(rx.memo(overlay)()) if stateful else None,
        },
        backend_exception_handler=answer_fault,
        frontend_exception_handler=note_page_fault,
        api_transformer=outer,
    )
    turn = Notice.turn_page
    add_page = partial(app.add_page, image="/icon-512.png")
    add_page(home, route=routes.HOME, title="anonmsg", on_load=turn)
    add_page(sign_up, route=routes.SIGN_UP, title="Create your account", on_load=[turn, SignUpState.load])
    add_page(verify, route=routes.VERIFY, title="Verify your account", on_load=[turn, VerifyState.load])
    add_page(sign_in, route=routes.SIGN_IN, title="Sign in", on_load=[turn, SignInState.load])
    reset_title = "Reset your password"
    add_page(forgot_password, route=routes.FORGOT_PASSWORD, title=reset_title, on_load=[turn, ForgotPasswordState.load])
    add_page(reset_password, route=routes.RESET_PASSWORD, title=reset_title, on_load=[turn, ResetPasswordState.load])
    add_page(dashboard, route=routes.DASHBOARD, title="Your inbox", on_load=[turn, DashboardState.arrive])
    add_page(settings, route=routes.SETTINGS, title="Settings", on_load=[turn, SettingsState.load])
    add_page(send, route=routes.SEND, title=SendState.title, on_load=[turn, SendState.load])
    add_page(privacy, route=routes.PRIVACY, title="Privacy", on_load=turn)
    add_page(not_found, route="404", title="This page does not exist")
    if environment.REFLEX_ENV_MODE.get() == rx.constants.Env.PREVIEW:
        add_page(styleguide, route=routes.STYLEGUIDE, title="Style guide", on_load=turn)
    app.add_middleware(Gate())
    app.register_lifespan_task(run_services)
    logging.getLogger("reflex_base.event.processor.event_processor").addFilter(HideHeaders())
    return app


app = create_app()
