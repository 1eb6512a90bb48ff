"""The application: routes, errors, headers, and the dashboard's files."""

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from api.caller import no_token_in_url
from api.dashboard_files import DashboardFiles
from api.description import describe
from api.guards import Guards, security_headers
from api.idempotency import Idempotent
from api.parts import Parts
from api.problems import add_problem_handlers
from api.rate_limits import Limited
from api.routes import (
    accounts,
    alpaca,
    audit,
    config,
    connections,
    explain,
    flags,
    force_sync,
    health,
    intraday,
    jobs,
    plaid,
    portfolio,
    products,
    session,
    snaptrade,
    spending,
    status,
    transactions,
    webhooks,
)
from api.version import release

__all__ = ["Parts", "create_app", "create_routes"]


def create_app(parts: Parts) -> ASGIApp:
    """Build what a server runs: the routes, limited and guarded; even the answer to a bug has its security headers."""
    return Guards(
        Limited(Idempotent(create_routes(parts), parts), parts),
        headers=security_headers(parts.settings.public_websocket_url),
    )


def create_routes(parts: Parts) -> FastAPI:
    """Build the routes over their parts."""
    app = FastAPI(
        title="navstream",
        version=release(),
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere, which our CSP refuses
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    add_problem_handlers(app)
    linking = (connections, plaid, snaptrade, alpaca)
    values = (accounts, portfolio, transactions, products, spending, force_sync, intraday, explain)
    for routes in (session, config, *values, *linking, webhooks, flags, audit, health, status, jobs):
        app.include_router(routes.router, dependencies=[Depends(no_token_in_url)])
    describe(app)
    app.router.default = DashboardFiles(parts.settings.dashboard_dir)
    return app
