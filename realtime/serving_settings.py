"""Settings of what people and browsers talk to: the API, the dashboard and the WebSocket server."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, NoDecode


class ServingSettings(BaseSettings):
    """Where it listens, and what anybody may ask of it."""

    api_host: str = Field(default="127.0.0.1", description="Address on which the API and dashboard listen.")
    api_port: int = Field(default=8080, description="Port of the API and dashboard.")
    broadcaster_host: str = Field(default="127.0.0.1", description="Address on which the WebSocket server listens.")
    broadcaster_port: int = Field(default=8081, description="Port of the WebSocket server.")
    websocket_url: str | None = Field(
        default=None, description="WebSocket address told to browsers; default: from host and port above."
    )
    dashboard_dir: Path = Field(
        default=Path("dashboard/dist"), description="Folder of the built dashboard that the API serves."
    )
    heartbeat_s: float = Field(default=15.0, gt=0, description="Interval of WebSocket pings, seconds.")
    auth_timeout_s: float = Field(default=10.0, gt=0, description="Time a client has to authenticate, seconds.")
    channels_max: int = Field(default=500, gt=0, description="Channels that one client may subscribe to.")
    message_bytes_max: int = Field(default=1_048_576, gt=0, description="Largest message from a client, bytes.")
    max_rate_hz: float = Field(default=20.0, gt=0, description="Most messages a second on one channel.")
    self_check_s: float = Field(
        default=30.0, gt=0, description="Clients compare their state by hash so often, seconds."
    )
    intraday_users_max: int = Field(
        default=100_000,
        ge=0,
        description="Up to so many users a calculator writes everybody's total down each minute; beyond, only of those "
        "who are watching.",
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins that browsers may connect from, comma-separated; empty for any."
    )
    clients_max: int = Field(default=20_000, gt=0, description="Clients that one broadcaster accepts.")
    clients_per_user_max: int = Field(
        default=100, gt=0, description="Of these, clients of one user: each window of his is one."
    )
    clients_per_address_max: int | None = Field(
        default=None, description="Of these, clients from one address; empty for any number, as behind a proxy."
    )
    force_sync_wait_s: float = Field(
        default=30.0, gt=0, description="Longest that a forced sync waits for its refreshes, seconds."
    )
    rate_user_per_min: int = Field(default=600, gt=0, description="Requests that a user may make a minute.")
    rate_writes_per_min: int = Field(
        default=60, gt=0, description="Of these, requests that change something or ask a provider."
    )
    rate_address_per_min: int = Field(default=3_000, gt=0, description="Requests from one address a minute.")
    rate_sign_in_per_min: int = Field(default=60, gt=0, description="Of these, attempts to sign in.")
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses or networks, comma-separated, whose X-Forwarded-For says where a request comes from.",
    )
