"""The settings of tokens and secrets. Part of `realtime.settings.Settings`, which is what stages read."""

from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode


class SecuritySettings(BaseSettings):
    """Whom to believe, and what encrypts credentials."""

    jwt_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret of the HS256 bearer tokens, at least 32 bytes."
    )
    jwt_issuer: str = Field(default="navstream", description="Issuer that a token must carry.")
    jwt_audience: str = Field(default="navstream", description="Audience that a token must carry.")
    token_lifetime_s: int = Field(default=12 * 3600, gt=0, description="Lifetime of the tokens that we issue, seconds.")
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        validation_alias=AliasChoices("NAVSTREAM_ENCRYPTION_KEYS", "PLAID_ACCESS_TOKEN_ENCRYPTION_KEY"),
        description="Fernet keys for stored credentials, comma-separated; the first encrypts, all decrypt.",
    )
    jwks_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="Key set of an identity provider whose tokens (RS256, ES256) are taken beside our own.",
    )
    jwks_issuer: str | None = Field(default=None, description="Issuer that its tokens must carry.")
    jwks_audience: str | None = Field(
        default=None, description="Audience that they must carry; default: NAVSTREAM_JWT_AUDIENCE."
    )
    jwks_leeway_s: float = Field(default=30.0, ge=0, le=300, description="How far its clock may be from ours, seconds.")
