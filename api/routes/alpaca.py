"""Alpaca over REST: a trading account by its own keys, which come in once and never go out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, SecretStr, StringConstraints

from api.flags import needs
from api.linking import LinkerOf
from api.problems import Unprocessable
from api.routes.snaptrade import PortalAnswer
from providers.linking import connect_alpaca
from realtime.domain.flag import Flag
from realtime.errors import BadRequest, ReconnectNeeded

router = APIRouter(prefix="/api/alpaca", tags=["alpaca"])
_KEY_LENGTH_MAX = 200


class ConnectRequest(BaseModel):
    key_id: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=_KEY_LENGTH_MAX, pattern=r"^[\x21-\x7e]+$", description="The account's API key ID."
    )
    secret_key: SecretStr = Field(
        min_length=1, max_length=_KEY_LENGTH_MAX, description="Its secret; stored encrypted, never returned."
    )


@router.post("/connect", dependencies=[Depends(needs(Flag.BROKERAGE_MODE))])
async def connect(body: ConnectRequest, linker: LinkerOf) -> PortalAnswer:
    """Keep a trading account's keys, once Alpaca has accepted them; a refresh follows.

    The same account again takes the new keys: so a connection whose keys were withdrawn is repaired.
    """
    secret = body.secret_key.get_secret_value().strip()
    if not (secret.isascii() and secret.isprintable()):
        raise BadRequest("invalid", "The secret key has characters that Alpaca's keys do not have.")
    try:
        key = await connect_alpaca(
            linker.parts.pool,
            linker.cipher,
            linker.alpaca,
            user_id=linker.user_id,
            key_id=body.key_id,
            secret_key=secret,
        )
    except ReconnectNeeded as error:
        host = urlsplit(linker.parts.settings.alpaca_trading_url).netloc
        raise Unprocessable(
            "keys_refused",
            f"Alpaca refuses these keys. This service asks {host}: keys of paper accounts and of live accounts differ.",
        ) from error
    return PortalAnswer(message="Connected. The account is being read.", connection_ids=[key])
