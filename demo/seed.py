"""The demo's people, connected through the providers' own flows."""

import asyncio
from dataclasses import dataclass

import aiohttp

from providers.alpaca.provider import AlpacaProvider
from providers.linking import connect_alpaca, connect_plaid, connect_snaptrade, snaptrade_login_url
from providers.plaid.provider import PlaidProvider
from providers.registry import open_providers
from providers.snaptrade.provider import SnapTradeProvider
from realtime.clock import WallClock
from realtime.crypto import CredentialCipher
from realtime.domain.account import ProviderName, UserId
from realtime.errors import Misconfigured
from realtime.settings import Settings
from realtime.store.pool import Pool, Role, open_pool
from realtime.store.users import create_user
from simulator.personas import PERSONAS
from simulator.planned import Login

DEMO_USER = "ada"


@dataclass(frozen=True)
class Linker:
    """Connects one persona's logins."""

    pool: Pool
    cipher: CredentialCipher
    plaid: PlaidProvider
    snaptrade: SnapTradeProvider
    alpaca: AlpacaProvider
    http: aiohttp.ClientSession

    async def connect_persona(self, name: str, logins: tuple[Login, ...]) -> UserId:
        """Create a user and connect everything that the persona owns; the first refreshes are queued."""
        user_id = await create_user(self.pool, name)
        for login in logins:
            match login.provider:
                case "plaid":
                    await self._connect_plaid(user_id, name, login.institution)
                case "snaptrade":
                    await self._connect_snaptrade(user_id, name, login.institution)
                case "alpaca":
                    await self._connect_alpaca(user_id, name)
        return user_id

    async def _connect_plaid(self, user_id: UserId, persona: str, institution: str) -> None:
        public_token = await self.plaid.link.sandbox_public_token(institution, persona)
        await connect_plaid(self.pool, self.cipher, self.plaid, user_id=user_id, public_token=public_token)

    async def _connect_snaptrade(self, user_id: UserId, persona: str, broker: str) -> None:
        url = await snaptrade_login_url(self.pool, self.cipher, self.snaptrade, user_id=user_id, broker=broker)
        form = {"persona": persona, "broker": broker, "action": "approve"}
        async with self.http.post(url, data=form, allow_redirects=False) as answer:
            if answer.status >= 400:
                raise Misconfigured((f"the simulated connection portal answers {answer.status}",))
        await connect_snaptrade(self.pool, self.cipher, self.snaptrade, user_id=user_id)

    async def _connect_alpaca(self, user_id: UserId, persona: str) -> None:
        await connect_alpaca(
            self.pool,
            self.cipher,
            self.alpaca,
            user_id=user_id,
            key_id=f"{persona}-key",
            secret_key=f"{persona}-secret",
        )


async def seed(settings: Settings) -> UserId:
    """Create the demo's users with all of their connections; return the one who signs in."""
    cipher = CredentialCipher(settings.encryption_keys)
    async with (
        open_pool(settings.database_address, Role.SYNC) as pool,
        open_providers(settings, WallClock()) as providers,
        aiohttp.ClientSession() as http,
    ):
        plaid, snaptrade, alpaca = (providers[name] for name in ProviderName)
        assert isinstance(plaid, PlaidProvider)
        assert isinstance(snaptrade, SnapTradeProvider)
        assert isinstance(alpaca, AlpacaProvider)
        linker = Linker(pool, cipher, plaid, snaptrade, alpaca, http)
        async with asyncio.TaskGroup() as tasks:
            users = {
                persona.name: tasks.create_task(linker.connect_persona(persona.name, persona.logins))
                for persona in PERSONAS
            }
    return users[DEMO_USER].result()
