"""Primary keys sort by the time they were made."""

from realtime.store.keys import new_key


def test_keys_are_version_7_and_sorted_by_time() -> None:
    """Ensure that keys carry version, variant and time, and differ."""
    keys = [new_key() for _ in range(1000)]
    assert len(set(keys)) == len(keys)
    assert {key.version for key in keys} == {7}
    assert {key.variant for key in keys} == {"specified in RFC 4122"}
    milliseconds = [key.int >> 80 for key in keys]
    assert milliseconds == sorted(milliseconds)
    assert milliseconds[0] > 1_700_000_000_000
