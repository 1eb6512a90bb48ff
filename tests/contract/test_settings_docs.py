"""Every setting is documented."""

from tools.write_settings import ROOT, env_example, settings_page


def test_settings_page_is_up_to_date() -> None:
    """Ensure `make docs` was run after a setting changed."""
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page()


def test_env_example_is_up_to_date() -> None:
    """Ensure `.env.example` names every setting."""
    assert (ROOT / ".env.example").read_text() == env_example()
