"""Settings are read once, from names that people already have, and every problem is named."""

from pathlib import Path

import pytest

from realtime.errors import Misconfigured
from realtime.settings import environment_names, load_settings, settings_from


@pytest.fixture(autouse=True)
def _no_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_missing_setting_is_named_at_once() -> None:
    """Ensure start-up does not reveal its wishes one at a time."""
    with pytest.raises(Misconfigured) as refusal:
        load_settings("api", "symbol_collector", "sync")
    text = str(refusal.value)
    assert all(name in text for name in ("JWT_SECRET", "ENCRYPTION_KEYS", "APCA_API_KEY_ID"))


def test_malformed_and_missing_settings_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a malformed value does not hide what is missing."""
    monkeypatch.setenv("NAVSTREAM_API_PORT", "eighty")
    monkeypatch.setenv("PLAID_ENV", "moon")
    monkeypatch.setenv("NAVSTREAM_MARKET_ORIGIN", "2026-11-20T15:00:00Z")
    with pytest.raises(Misconfigured) as refusal:
        load_settings("api")
    text = str(refusal.value)
    assert all(name in text for name in ("NAVSTREAM_API_PORT", "PLAID_ENV", "JWT_SECRET", "ENCRYPTION_KEYS"))


def test_wrong_values_are_named_by_their_variable_without_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a wrong value is told by the variable's own name and never printed."""
    monkeypatch.setenv("NAVSTREAM_API_PORT", "s3cret")
    monkeypatch.setenv("PLAID_ENV", "moon")
    with pytest.raises(Misconfigured) as refusal:
        load_settings("any")
    text = str(refusal.value)
    assert "NAVSTREAM_API_PORT" in text
    assert "PLAID_ENV" in text
    assert "s3cret" not in text


def test_the_authors_names_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure an existing .env keeps working."""
    monkeypatch.setenv("REDIS_HOST", "cache")
    monkeypatch.setenv("REDIS_DB", "3")
    monkeypatch.setenv("PLAID_COUNTRY_CODES", "US, CA")
    settings = load_settings("any")
    assert settings.redis_address == "redis://cache:6379/3"
    assert settings.plaid_country_codes == ("US", "CA")


def test_empty_symbol_limit_means_none() -> None:
    """Ensure an unlimited plan can be said in an environment variable."""
    assert settings_from({"NAVSTREAM_ALPACA_SYMBOLS_MAX": ""}).alpaca_symbols_max is None
    assert settings_from({}).alpaca_symbols_max == 30


def test_clock_origins_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure half a market clock is refused."""
    monkeypatch.setenv("NAVSTREAM_MARKET_ORIGIN", "2026-11-20T15:00:00Z")
    with pytest.raises(Misconfigured, match="go together"):
        load_settings("any")


def test_environment_names_lead_with_the_known_one() -> None:
    """Ensure the documented name of a setting is the one that people have."""
    assert environment_names("alpaca_key_id")[0] == "APCA_API_KEY_ID"
    assert environment_names("api_port") == ("NAVSTREAM_API_PORT",)
