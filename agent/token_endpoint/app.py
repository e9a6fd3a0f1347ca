"""The token endpoint as an ASGI app: what it consists of, and how it starts and stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from agent.core.settings import EndpointSettings
from agent.outcomes.delivery import OutcomeDelivery
from agent.scripts import unusable_files
from agent.store import open_store
from agent.telemetry.shared_metrics import SCRIPT_FILES_UNUSABLE
from agent.token_endpoint.auth.platform_jwt import PlatformJwtVerifier
from agent.token_endpoint.greetings import Greetings
from agent.token_endpoint.http.api_document import ROUTES, set_openapi
from agent.token_endpoint.http.element import add_element_routes
from agent.token_endpoint.http.error_handlers import add_error_handlers
from agent.token_endpoint.http.livekit_webhooks import LiveKitWebhooks
from agent.token_endpoint.http.middleware import CorsMiddleware, EdgeMiddleware
from agent.token_endpoint.http.responses import fallback_for
from agent.token_endpoint.http.routes import Services
from agent.token_endpoint.http.spans import RequestSpans
from agent.token_endpoint.livekit_rooms import LiveKitRooms
from agent.token_endpoint.readiness import ReadinessCheck
from agent.token_endpoint.supervision.bill import BillCheck
from agent.token_endpoint.supervision.dispatches import DispatchSupervisor
from agent.token_endpoint.supervision.reaper import Reaper
from agent.token_endpoint.supervision.supervisor import PASS_S, Supervisor


def create_app(settings: EndpointSettings) -> FastAPI:
    """Create the app.

    Raises:
        ScriptError: the welcome text cannot be read.
        StoreError: the store cannot be opened.
    """
    fallback_for(settings, None)  # fail now rather than at the first error response
    SCRIPT_FILES_UNUSABLE.set(len(unusable_files()))
    store = open_store(settings)
    spans = RequestSpans(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        rooms = LiveKitRooms(settings)
        greetings = Greetings(rooms, store, dispatch_check_s=settings.dispatch_check_s)
        supervisor = Supervisor(
            rooms,
            store,
            DispatchSupervisor(rooms, store, settings.dispatch_check_s),
            Reaper(rooms, greetings, store),
            pass_s=PASS_S,
        )
        services = app.state.services = Services(
            settings=settings,
            verifier=PlatformJwtVerifier(settings),
            greetings=greetings,
            store=store,
            webhooks=LiveKitWebhooks(settings, store, supervisor),
            readiness=ReadinessCheck(rooms, store, settings),
        )
        try:
            bill = BillCheck(store, settings, supervisor.leadership)
            async with OutcomeDelivery(store, settings), supervisor, services.readiness, bill:
                yield
        finally:
            await services.verifier.aclose()
            await rooms.aclose()
            await store.aclose()
            await spans.aclose()

    app = FastAPI(
        routes=ROUTES,
        lifespan=lifespan,
        redirect_slashes=False,
        # FastAPI's documentation pages load scripts from a CDN; keys are entered on these pages.
        docs_url=None,
        redoc_url=None,
    )
    add_error_handlers(app, settings)
    add_element_routes(app, settings)
    app.add_middleware(EdgeMiddleware, settings=settings, spans=spans)
    if settings.cors_allowed_origins:
        app.add_middleware(CorsMiddleware, settings=settings)
    set_openapi(app)
    return app
