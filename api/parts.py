"""What the routes work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from providers.registry import Providers
from realtime.auth import Tokens
from realtime.bus.client import Bus
from realtime.clock import Clock
from realtime.crypto import CredentialCipher
from realtime.settings import Settings
from realtime.store.pool import Pool

NO_PROVIDERS = Providers({})


@dataclass(frozen=True)
class Parts:
    """Made in `__main__`, shared by all requests.

    Attributes:
        clock: The wall's.
        pool: Bound to the caller by `as_user` before it shows anything.
        stage_pool: Sees every user's rows, for webhooks and the operator.
        providers: Those that the settings make usable.
        keeps_portfolios: Somebody forgets kept portfolios when they change: `api.stored_portfolio.follow_changes` runs.
    """

    settings: Settings
    pool: Pool
    bus: Bus
    tokens: Tokens
    clock: Clock
    providers: Providers = NO_PROVIDERS
    stage_pool: Pool | None = None
    keeps_portfolios: bool = False

    @property
    def everybody(self) -> Pool:
        """For what concerns no single user."""
        return self.stage_pool or self.pool

    @property
    def cipher(self) -> CredentialCipher:
        """For the credentials of connections."""
        return CredentialCipher(self.settings.encryption_keys)


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]
