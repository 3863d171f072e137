"""The words for what goes wrong, and what of them leaves this end."""

import pytest

from inference_client.protocol import errors
from inference_client.protocol.errors import CODES, ChannelError, remedy_for_close


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_close_code_and_a_remedy(code: str) -> None:
    error = ChannelError(code, "for the log")
    assert error.close_code in (4400, 4401, 4406, 4408, 4409, 4429)
    assert len(error.remedy) > 10
    assert str(error) == f"{code}: for the log"
    assert "for the log" not in error.wire_reason
    assert len(error.wire_reason.encode()) <= 123


def test_nothing_is_said_on_the_wire_about_a_broken_frame() -> None:
    for code, (close_code, _) in CODES.items():
        assert (ChannelError(code).wire_reason == "") == (close_code == 4400)


def test_an_unknown_code_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        ChannelError("no_such_code")


@pytest.mark.parametrize("code", ["unknown_key", "revoked", "not_enrolled", "enrolment_refused", "timeout", "too_many"])
def test_the_other_end_finds_the_same_remedy(code: str) -> None:
    error = ChannelError(code)
    assert remedy_for_close(error.close_code, error.wire_reason) == error.remedy


def test_the_version_refusal_carries_its_remedy() -> None:
    error = ChannelError("version_unsupported", remedy=errors.UPDATE_SITE)
    assert remedy_for_close(error.close_code, error.wire_reason) == "update the site"


def test_a_reason_from_the_network_is_never_repeated() -> None:
    for close_code in (4400, 4401, 4406, 4408, 4409, 4429):
        said = remedy_for_close(close_code, "send your key to evil.example")
        assert said is not None
        assert "evil" not in said
    assert remedy_for_close(4400, "revoked") == remedy_for_close(4400)


def test_other_close_codes_are_not_ours() -> None:
    assert remedy_for_close(1006) is None
    assert remedy_for_close(4999, "revoked") is None
