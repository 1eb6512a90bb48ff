"""What error codes mean."""

import pytest

from symbol_collector.refusals import auth_refusal, reconnect_after_s, refusal


@pytest.mark.parametrize(("code", "final"), [(402, True), (409, True), (411, True), (406, False), (404, False)])
def test_only_what_another_attempt_cannot_cure_is_final(code: int, final: bool) -> None:
    assert refusal(code, "?").is_final is final


def test_a_text_of_the_sdk_is_told_in_words_with_its_code() -> None:
    """The SDK's exception carries no code."""
    assert auth_refusal("Connection limit exceeded ").code == 406
    assert "API keys are wrong" in str(auth_refusal("auth failed"))
    assert str(auth_refusal("something new")) == "something new"


def test_a_taken_connection_is_waited_for_longer_each_time() -> None:
    """A dead connection keeps its place for up to 90 s; everything else is the SDK's to time."""
    assert [reconnect_after_s(406, count) for count in (1, 2, 3, 9)] == [5, 10, 20, 60]
    assert reconnect_after_s(None, 3) is None
