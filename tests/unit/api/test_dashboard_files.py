import pytest

from api.dashboard_files import cache_control


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/assets/index-Dq3.js", "public, max-age=31536000, immutable"),
        ("/icon.svg", "public, max-age=3600"),
        ("/", "no-store"),
        ("/index.html", "no-store"),
    ],
)
def test_only_files_with_a_digest_in_their_name_are_kept_for_ever(path: str, expected: str) -> None:
    """Ensure that a new release reaches a browser at the next load."""
    assert cache_control(path) == expected
