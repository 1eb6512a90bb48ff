"""Write docs/settings.md and .env.example from realtime/settings.py; `make docs` runs it, a test compares."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from realtime.settings import Settings, environment_names

ROOT = Path(__file__).resolve().parent.parent

GROUPS = (
    ("Postgres and Redis", ("database_url", "service_database_url", "redis_")),
    ("Tokens and secrets", ("jwt_", "jwks_", "token_", "encryption_")),
    ("API, dashboard and WebSocket", ("api_", "broadcaster_", "websocket_", "dashboard_", "heartbeat_", "auth_",
                                      "channels_", "message_", "max_rate_", "origins", "clients_", "self_check_",
                                      "intraday_", "rate_", "trusted_", "force_")),
    ("Logs, metrics and alerts", ("log_", "metrics_", "alert_", "operator_")),
    ("Market clock", ("market_", "wall_")),
    ("Alpaca", ("alpaca_", "stream_", "broker_key", "broker_secret", "broker_url")),
    ("Plaid", ("plaid_",)),
    ("SnapTrade", ("snaptrade_",)),
    ("Feature flags", ("ff_",)),
    ("Sync", ("sync_", "holdings_", "balances_", "provider_", "product_")),
)  # fmt: skip


def grouped_fields() -> list[tuple[str, list[str]]]:
    """Return every setting under its heading; a setting without a heading is an error."""
    left = list(Settings.model_fields)
    groups = []
    for title, prefixes in GROUPS:
        mine = [name for name in left if name.startswith(prefixes)]
        left = [name for name in left if name not in mine]
        groups.append((title, mine))
    if left:
        raise LookupError(f"settings without a heading in {Path(__file__).name}: {left}")
    return groups


def shown_default(name: str) -> str:
    default: Any = Settings.model_fields[name].default
    if default is None or default == () or isinstance(default, SecretStr):
        return ""
    return ",".join(default) if isinstance(default, tuple) else str(default)


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        (
            "Read once at start-up from the environment and from `.env` in the working folder; the environment wins. "
            "Wrong or missing ones are named at start-up, all of them at once. This page is written by `make docs` "
            "from `realtime/settings.py`."
        ),
    ]
    for title, names in grouped_fields():
        lines += ["", f"## {title}", "", "| variable | default | meaning |", "|---|---|---|"]
        for name in names:
            variables = " or ".join(f"`{variable}`" for variable in environment_names(name))
            default = f"`{shown_default(name)}`" if shown_default(name) else ""
            lines.append(f"| {variables} | {default} | {Settings.model_fields[name].description} |")
    return "\n".join(lines) + "\n"


def env_example() -> str:
    lines = ["# Copy to .env and fill in what you need; docs/settings.md says more. Commented lines show defaults."]
    for title, names in grouped_fields():
        lines += ["", f"# {title}"]
        lines += [f"# {Settings.model_fields[name].description}\n#{environment_names(name)[0]}={shown_default(name)}"
                  for name in names]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "settings.md").write_text(settings_page())
    (ROOT / ".env.example").write_text(env_example())
