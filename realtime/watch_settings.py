"""The settings of being watched: metrics, alerts. Part of `realtime.settings.Settings`, which is what stages read."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

_METRICS_PORT = "Its port; 0 for any free one (the heartbeat tells which), empty for none. A free one if it is taken."


class WatchSettings(BaseSettings):
    """What Prometheus and the operator need."""

    metrics_host: str = Field(
        default="127.0.0.1", description="Address on which every process serves /metrics, /health and /alive."
    )
    metrics_port_sync: int | None = Field(default=9811, description=_METRICS_PORT)
    metrics_port_symbol_collector: int | None = Field(default=9812, description=_METRICS_PORT)
    metrics_port_calculator: int | None = Field(default=9813, description=_METRICS_PORT)
    metrics_port_broadcaster: int | None = Field(default=9814, description=_METRICS_PORT)
    metrics_port_api: int | None = Field(default=9815, description=_METRICS_PORT)
    metrics_port_monitor: int | None = Field(default=9816, description=_METRICS_PORT)
    alert_webhook_url: SecretStr | None = Field(
        default=None, description="Where alerts are sent, as a JSON POST each (docs/operations.md); unset for nowhere."
    )
    alert_silent_after_s: float = Field(
        default=60.0,
        gt=0,
        description="Silence of a market stream in its trading hours that is an alert, seconds; more for few symbols.",
    )
    alert_reconnect_min: int = Field(
        default=1, gt=0, description="Connections that their users must repair, from which on there is an alert."
    )
    alert_patience: float = Field(
        default=1.0, gt=0, description="Scales how long something must be wrong, or over, before an alert says so."
    )
    sync_overdue_after_s: float = Field(
        default=6 * 3600, gt=0, description="Age of an account's holdings from which they are overdue, seconds."
    )

    sync_drift_max_pct: float = Field(
        default=1.0,
        gt=0,
        description="Difference between an account's total here, at its provider's own prices, and the total that the "
        "provider reports, from which the account is marked, percent.",
    )

    def metrics_port(self, stage: str) -> int | None:
        """Return the port for a stage's metrics, 0 for any; None for none, as for what is no stage."""
        port: int | None = getattr(self, f"metrics_port_{stage}", None)
        return port
