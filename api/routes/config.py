"""What the dashboard needs to know before it signs in."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.parts import PartsOf
from api.version import release

router = APIRouter(tags=["config"])


class Config(BaseModel):
    websocket_url: str
    version: str
    providers: list[str] = Field(description="To which a user may connect: plaid, snaptrade, alpaca.")


@router.get("/api/config")
async def config(parts: PartsOf) -> Config:
    """Return where the live values are."""
    return Config(
        websocket_url=parts.settings.public_websocket_url, version=release(), providers=[*parts.providers.names]
    )
