"""Alpaca's errors, for a person."""

import pytest

from symbol_collector.refusals import auth_refusal, connection_limit_wait_s, refusal


@pytest.mark.parametrize(("text", "code", "part", "final"), [
    ("auth failed", 402, "APCA_API_KEY_ID", True),
    ("connection limit exceeded", 406, "another program", False),
    ("insufficient subscription", 409, "NAVSTREAM_ALPACA_FEED", True),
    ("auth timeout", 404, "10 seconds", False),
])  # fmt: skip
def test_a_refused_sign_in_is_told_from_its_text(text: str, code: int, part: str, final: bool) -> None:
    """The SDK's exception carries the text alone; the code decides what happens next."""
    refused = auth_refusal(text)
    assert (refused.code, refused.is_final) == (code, final)
    assert part in str(refused)
    assert str(code) in str(refused)


def test_an_unknown_refusal_is_shown_as_it_came() -> None:
    assert str(auth_refusal("come back tomorrow")) == "come back tomorrow"
    assert str(refusal(499, "strange")) == "strange (Alpaca error 499)"
    assert not auth_refusal("come back tomorrow").is_final


def test_a_taken_connection_is_waited_for_longer_and_longer() -> None:
    """Most are given back at once, but a dead one keeps its slot for up to 90 s."""
    waits = [connection_limit_wait_s(count) for count in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_other_waits_are_the_sdk_s() -> None:
    assert connection_limit_wait_s(0) is None


@pytest.mark.parametrize(("code", "final"), [(402, True), (409, True), (411, True), (406, False), (404, False)])
def test_only_what_another_attempt_cannot_cure_is_final(code: int, final: bool) -> None:
    assert refusal(code, "?").is_final is final


def test_case_and_blanks_of_the_server_s_text_do_not_matter() -> None:
    assert auth_refusal("Connection limit exceeded ").code == 406
