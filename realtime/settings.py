"""Every setting, typed, with its unit and default. The only place that reads the environment.

Names that people already have in their `.env` (PLAID_CLIENT_ID, REDIS_HOST, APCA_API_KEY_ID …) are accepted as they
are; ours begin with NAVSTREAM_.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from realtime.clock import MarketClock, WallClock
from realtime.errors import Misconfigured
from realtime.flag_settings import FlagSettings
from realtime.security_settings import SecuritySettings
from realtime.serving_settings import ServingSettings
from realtime.watch_settings import WatchSettings


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(SecuritySettings, FlagSettings, ServingSettings, WatchSettings):
    """What a process needs to know, read once at start-up from the environment and `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_prefix="NAVSTREAM_", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str = Field(
        default="postgresql://navstream@127.0.0.1:5432/navstream",
        description="Postgres, as a libpq URL with the tables' owner; for `navstream migrate`.",
    )
    service_database_url: str | None = Field(
        default=None,
        description="The same database with the login of the services, which `navstream migrate` makes; default: the "
        "owner's, which then takes the services' roles.",
    )
    redis_url: str | None = Field(
        default=None,
        description="Redis or Valkey, as a URL; wins over REDIS_HOST, REDIS_PORT and REDIS_DB. "
        "A cluster: redis+cluster://host:port,host:port, or rediss+cluster:// with TLS.",
    )
    redis_host: str = Field(default="127.0.0.1", validation_alias=_named("REDIS_HOST"), description="Redis host.")
    redis_port: int = Field(default=6379, validation_alias=_named("REDIS_PORT"), description="Redis port.")
    redis_db: int = Field(default=0, validation_alias=_named("REDIS_DB"), description="Redis database number.")

    log_format: str = Field(default="text", pattern="^(text|json)$", description="`text` or `json`.")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Lowest level logged.")

    market_origin: datetime | None = Field(
        default=None, description="Replays: market time at `wall_origin`. Unset: market time is real time."
    )
    wall_origin: datetime | None = Field(default=None, description="Replays: wall time at `market_origin`.")
    market_speed: float = Field(default=1.0, gt=0, description="Replays: market seconds a wall second.")

    alpaca_key_id: str | None = Field(
        default=None,
        validation_alias=_named("APCA_API_KEY_ID", "NAVSTREAM_ALPACA_KEY_ID"),
        description="Alpaca API key for market data.",
    )
    alpaca_secret_key: SecretStr | None = Field(
        default=None,
        validation_alias=_named("APCA_API_SECRET_KEY", "NAVSTREAM_ALPACA_SECRET_KEY"),
        description="Its secret.",
    )
    alpaca_feed: str = Field(default="iex", description="Stock feed: iex, sip, delayed_sip, test …")
    alpaca_crypto_feed: str = Field(default="us", description="Crypto feed: us, us-1, eu-1.")
    alpaca_options_feed: str = Field(default="indicative", description="Options feed: indicative or opra.")
    alpaca_stream_url: str = Field(
        default="wss://stream.data.alpaca.markets", description="Market-data stream, without a path."
    )
    alpaca_data_url: str = Field(default="https://data.alpaca.markets", description="Market-data REST.")
    alpaca_trading_url: str = Field(
        default="https://paper-api.alpaca.markets", description="Trading API of single accounts."
    )
    alpaca_symbols_max: int | None = Field(
        default=30, description="Symbols the plan allows on the stock stream; empty for no limit."
    )
    stream_silent_after_s: float = Field(
        default=30.0,
        gt=0,
        description="Silence in a regular session after which a stream is reconnected, seconds.",
    )
    broker_key: str | None = Field(
        default=None, validation_alias=_named("BROKER_API_KEY"), description="Alpaca Broker API key."
    )
    broker_secret: SecretStr | None = Field(
        default=None, validation_alias=_named("BROKER_SECRET_KEY"), description="Its secret."
    )
    broker_url: str = Field(default="https://broker-api.sandbox.alpaca.markets", description="Alpaca Broker API.")

    plaid_client_id: str | None = Field(
        default=None, validation_alias=_named("PLAID_CLIENT_ID"), description="Plaid client id."
    )
    plaid_secret: SecretStr | None = Field(
        default=None, validation_alias=_named("PLAID_SECRET"), description="Plaid secret."
    )
    plaid_env: str = Field(
        default="sandbox",
        pattern="^(sandbox|production)$",
        validation_alias=_named("PLAID_ENV"),
        description="Plaid environment: sandbox or production.",
    )
    plaid_url: str | None = Field(default=None, description="Plaid API; default: by PLAID_ENV.")
    plaid_webhook_url: str | None = Field(
        default=None, validation_alias=_named("PLAID_WEBHOOK_URL"), description="Where Plaid sends webhooks."
    )
    plaid_redirect_uri: str | None = Field(
        default=None,
        validation_alias=_named("PLAID_REDIRECT_URI"),
        description="Return address of OAuth banks.",
    )
    plaid_country_codes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("US",), validation_alias=_named("PLAID_COUNTRY_CODES"), description="Comma-separated."
    )
    plaid_language: str = Field(
        default="en", validation_alias=_named("PLAID_LANGUAGE"), description="Language of Plaid Link."
    )
    snaptrade_client_id: str | None = Field(
        default=None, validation_alias=_named("SNAPTRADE_CLIENT_ID"), description="SnapTrade client id."
    )
    snaptrade_consumer_key: SecretStr | None = Field(
        default=None, validation_alias=_named("SNAPTRADE_CONSUMER_KEY"), description="SnapTrade consumer key."
    )
    snaptrade_url: str = Field(default="https://api.snaptrade.com", description="SnapTrade API.")

    sync_concurrency: int = Field(default=8, gt=0, description="Connections refreshed at the same time.")
    sync_scheduled_per_s: float = Field(
        default=25.0, gt=0, description="Refreshes by schedule begun a second; what people ask for does not wait."
    )
    holdings_refresh_at: str = Field(
        default="02:00", pattern=r"^\d\d:\d\d$", description="Daily holdings refresh, New York time."
    )
    balances_refresh_every_s: float = Field(
        default=6 * 3600, gt=0, description="Interval of balance refreshes, seconds."
    )
    product_sync_wait_s: float = Field(
        default=8.0, gt=0, description="How long a request to read a product now waits for its end, seconds."
    )
    provider_timeout_s: float = Field(default=30.0, gt=0, description="Longest wait for a provider's answer, seconds.")

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        lists = {
            "encryption_keys", "NAVSTREAM_ENCRYPTION_KEYS", "PLAID_ACCESS_TOKEN_ENCRYPTION_KEY",
            "plaid_country_codes", "PLAID_COUNTRY_CODES", "origins", "NAVSTREAM_ORIGINS",
        }  # fmt: skip
        may_be_empty = {name for name, field in cls.model_fields.items() if field.annotation == int | None}
        return {
            name: tuple(part.strip() for part in value.split(",") if part.strip())
            if name in lists and isinstance(value, str)
            else None
            if value == "" and name.lower().removeprefix("navstream_") in may_be_empty
            else value
            for name, value in values.items()
        }

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.market_origin is None) != (self.wall_origin is None):
            raise ValueError("NAVSTREAM_MARKET_ORIGIN and NAVSTREAM_WALL_ORIGIN go together")
        for origin in (self.market_origin, self.wall_origin):
            if origin is not None and origin.tzinfo is None:
                raise ValueError("NAVSTREAM_MARKET_ORIGIN and NAVSTREAM_WALL_ORIGIN need a time zone")
        return self

    @property
    def database_address(self) -> str:
        """Postgres for everything but migrations."""
        return self.service_database_url or self.database_url

    @property
    def redis_address(self) -> str:
        """Redis as a URL."""
        return self.redis_url or f"redis://{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def public_websocket_url(self) -> str:
        """WebSocket address for browsers."""
        return self.websocket_url or f"ws://{self.broadcaster_host}:{self.broadcaster_port}/v1"

    @property
    def plaid_address(self) -> str:
        """Plaid API without a trailing slash."""
        return self.plaid_url or f"https://{self.plaid_env}.plaid.com"

    def market_clock(self) -> MarketClock:
        """Return the market clock that the settings describe."""
        if self.market_origin is None or self.wall_origin is None:
            return MarketClock.real(WallClock())
        return MarketClock(WallClock(), self.market_origin, self.wall_origin, self.market_speed)

    def problems(self, stages: Iterable[str]) -> tuple[str, ...]:
        """Name what these stages need and the settings lack."""
        wanted = frozenset(stages)
        return tuple(problem for needed, problem in self._needs() if wanted & needed)

    def _needs(self) -> list[tuple[frozenset[str], str]]:
        needs: list[tuple[frozenset[str], str]] = []
        if len(self.jwt_secret.get_secret_value()) < 32:
            needs.append((frozenset({"api", "broadcaster"}), "NAVSTREAM_JWT_SECRET: at least 32 characters"))
        if self.alpaca_key_id is None or self.alpaca_secret_key is None:
            needs.append((frozenset({"symbol_collector"}), "APCA_API_KEY_ID and APCA_API_SECRET_KEY: missing"))
        if not self.encryption_keys or not all(_is_fernet_key(key) for key in self.encryption_keys):
            needs.append(
                (
                    frozenset({"sync", "api"}),
                    "NAVSTREAM_ENCRYPTION_KEYS: Fernet keys (44 characters each), comma-separated",
                )
            )
        if self.jwks_url is not None and not self.jwks_issuer:
            needs.append((frozenset({"api", "broadcaster"}), "NAVSTREAM_JWKS_ISSUER: needed with NAVSTREAM_JWKS_URL"))
        return needs


def _is_fernet_key(key: SecretStr) -> bool:
    try:
        Fernet(key.get_secret_value())
    except ValueError:
        return False
    return True


def load_settings(*stages: str) -> Settings:
    """Read the settings for some stages (`sync`, `api` …; any other name asks only for well-formed ones).

    Raises:
        Misconfigured: Names every wrong or missing setting at once, never a value.
    """
    settings, problems = read_settings(*stages)
    if problems:
        raise Misconfigured(problems)
    return settings


def read_settings(*stages: str) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings, defaults in place of malformed ones, and what is wrong or missing for these stages."""
    malformed: dict[str, str] = {}
    try:
        settings = Settings()
    except ValidationError as error:
        malformed = {
            str(problem["loc"][0]) if problem["loc"] else "": f"{_setting_name(problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        }
        settings = _without(malformed)
    return settings, (*malformed.values(), *settings.problems(stages))


def _without(malformed: Iterable[str]) -> Settings:
    """Return the settings with defaults in place of the malformed ones, to find what else is wrong."""
    by_name = {name: field for field in Settings.model_fields for name in (field, *environment_names(field))}
    fields = {by_name[name] for name in malformed if name in by_name} | {"market_origin", "wall_origin"}
    return Settings(**{field: Settings.model_fields[field].default for field in fields})


def settings_from(env: Mapping[str, str]) -> Settings:
    """Return the settings that a process with this environment would have."""
    values = {field: env[name] for field in Settings.model_fields for name in environment_names(field) if name in env}
    return Settings(**values)  # type: ignore[arg-type]  # pydantic parses the texts


def environment_names(field: str) -> tuple[str, ...]:
    """Return the environment variables that set a field, the best known first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (f"NAVSTREAM_{field.upper()}",)


def process_environment() -> dict[str, str]:
    """Return a copy of this process's environment, for child processes."""
    return dict(os.environ)


def adopt_environment_file(path: Path) -> None:
    """Set this process's environment from a file of `NAME='value'` lines."""
    os.environ.update({name: value for name, value in dotenv_values(path).items() if value is not None})


def _setting_name(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "settings"
    return environment_names(name)[0] if name in Settings.model_fields else name
