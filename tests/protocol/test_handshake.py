"""How a connection begins: what the site learns, when it may speak, and what an unknown machine may say."""

import pytest

from inference_client.protocol import keys
from inference_client.protocol.channel import Limits, Message
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import ENROL, MESSAGE
from inference_client.protocol.handshake import ClientHandshake, ServerHandshake
from inference_client.protocol.noise import IK, HandshakeState
from tests.protocol.pairs import SERVER_TIME, connect, pass_on, refusal


def test_the_site_learns_the_clients_key_before_it_answers() -> None:
    client_key, site_key = keys.generate(), keys.generate()
    site = ServerHandshake(site_key)
    with pytest.raises(ValueError, match="read_hello comes first"):
        _ = site.remote_static
    known = site.read_hello(ClientHandshake(client_key, keys.public_bytes(site_key)).hello())
    assert known == site.remote_static == keys.public_bytes(client_key)


def test_both_ends_name_the_session_alike_and_differently_each_time() -> None:
    client_key, site_key = keys.generate(), keys.generate()
    first, second = (connect(client_key=client_key, site_key=site_key) for _ in range(2))
    assert first.client.session_id == first.site.session_id
    assert len(first.client.session_id) == 32
    assert first.client.session_id != second.client.session_id
    assert first.client.remote_static == keys.public_bytes(site_key)
    assert first.site.remote_static == keys.public_bytes(client_key)


def test_the_client_hears_the_sites_time_and_limits() -> None:
    site_key = keys.generate()
    asking, answering = ClientHandshake(keys.generate(), keys.public_bytes(site_key)), ServerHandshake(site_key)
    answering.read_hello(asking.hello())
    answer, _ = answering.answer(now=0.0, server_time=SERVER_TIME)
    assert asking.info is None
    asking.finish(answer, 0.0)
    assert asking.info is not None
    assert asking.info.server_time == SERVER_TIME
    assert asking.info.enrolled
    assert asking.info.max_message == 1024 * 1024


def test_the_client_keeps_to_the_sites_lower_limit() -> None:
    site_key = keys.generate()
    asking = ClientHandshake(keys.generate(), keys.public_bytes(site_key))
    answering = ServerHandshake(site_key, limits=Limits(message=1000))
    answering.read_hello(asking.hello())
    answer, site = answering.answer(now=0.0, server_time=SERVER_TIME)
    client = asking.finish(answer, 0.0)
    with pytest.raises(ChannelError, match="too_large"):
        client.seal(MESSAGE, bytes(1001))
    assert pass_on(client.seal(MESSAGE, bytes(1000)), site)


@pytest.mark.parametrize(
    "payload", [b"", b"null", b'{"enrolled":true}', b'{"enrolled":1,"max_message":4096,"server_time":1}']
)
def test_a_site_that_describes_itself_wrongly_is_refused(payload: bytes) -> None:
    site_key = keys.generate()
    asking, answering = ClientHandshake(keys.generate(), keys.public_bytes(site_key)), ServerHandshake(site_key)
    answering.read_hello(asking.hello())
    answer = answering._state.write(payload)
    with pytest.raises(ChannelError, match="cannot be read"):
        asking.finish(answer, 0.0)


def test_a_hello_that_carries_something_is_refused() -> None:
    """Its content could be replayed."""
    site_key, client_key = keys.generate(), keys.generate()
    asking = ClientHandshake(client_key, keys.public_bytes(site_key))
    with pytest.raises(ChannelError, match="handshake_failed"):
        ServerHandshake(site_key).read_hello(asking._state.write(b"x"))


def test_a_channel_needs_a_finished_handshake() -> None:
    state = HandshakeState(IK, initiator=False, prologue=b"", static=keys.generate())
    from inference_client.protocol.channel import SecureChannel

    with pytest.raises(ValueError, match="not done"):
        SecureChannel(state, keys.generate(), version=1, enrolled=True, now=0.0)


def test_the_site_may_not_speak_before_the_clients_first_frame() -> None:
    pair = connect(confirm=False)
    assert pair.client.confirmed
    assert not pair.site.confirmed
    with pytest.raises(ChannelError, match="unconfirmed"):
        pair.site.seal(MESSAGE, b"a job")
    assert pass_on(pair.client.seal(MESSAGE, b"hello"), pair.site)
    assert pair.site.confirmed
    assert pass_on(pair.site.seal(MESSAGE, b"a job"), pair.client)


def test_a_client_that_never_speaks_is_timed_out() -> None:
    pair = connect(confirm=False)
    assert pair.site.tick(9.0) == []
    with pytest.raises(ChannelError) as refused:
        pair.site.tick(10.1)
    assert (refused.value.code, refused.value.close_code) == ("timeout", 4408)
    assert pair.site.closed


def test_an_unknown_machine_sends_its_code_and_is_then_like_any_other() -> None:
    pair = connect(enrolled=False)
    assert not pair.client.enrolled
    assert pass_on(pair.client.seal(ENROL, b"code"), pair.site) == [Message(ENROL, b"code")]
    assert not pair.site.enrolled
    assert pass_on(pair.site.accept_enrolment(b"welcome"), pair.client) == [Message(ENROL, b"welcome")]
    assert pair.client.enrolled
    assert pair.site.enrolled
    assert pass_on(pair.client.seal(MESSAGE, b"hello"), pair.site)
    assert pass_on(pair.site.seal(MESSAGE, b"hello"), pair.client)
    assert pair.client.tick(3600.0)


def test_an_unknown_machine_can_send_nothing_but_one_code() -> None:
    pair = connect(enrolled=False)
    with pytest.raises(ChannelError, match="not_enrolled"):
        pair.client.seal(MESSAGE, b"hello")
    assert pair.client.tick(3601.0) == []
    pair.client.seal(ENROL, b"code")
    with pytest.raises(ChannelError, match="not_enrolled"):
        pair.client.seal(ENROL, b"another code")


@pytest.mark.parametrize("first", [MESSAGE, 0x02, 0x77])
def test_the_site_refuses_anything_else_from_an_unknown_machine(first: int) -> None:
    pair = connect(enrolled=False)
    frame = pair.client._frame(first, 1, b"hello")
    assert refusal(pair.site, frame) == ("bad_frame" if first == 0x02 else "not_enrolled")


def test_the_site_refuses_a_second_code_and_a_code_in_fragments() -> None:
    pair = connect(enrolled=False)
    assert refusal(pair.site, pair.client._frame(ENROL, 3, b"half a code")) == "not_enrolled"
    pair = connect(enrolled=False)
    pass_on(pair.client.seal(ENROL, b"code"), pair.site)
    second = pair.client._frame(ENROL, 0, b"another guess")
    with pytest.raises(ChannelError) as refused:
        pair.site.open(second)
    assert (refused.value.code, refused.value.close_code) == ("not_enrolled", 4401)


def test_the_site_says_nothing_but_yes_to_an_unknown_machine() -> None:
    pair = connect(enrolled=False)
    with pytest.raises(ValueError, match="no enrolment"):
        pair.site.accept_enrolment(b"before any code")
    pass_on(pair.client.seal(ENROL, b"code"), pair.site)
    for type_ in (MESSAGE, ENROL):
        with pytest.raises(ChannelError, match="not_enrolled"):
            pair.site.seal(type_, b"text")
    with pytest.raises(ValueError, match="no enrolment"):
        pair.client.accept_enrolment(b"the client cannot")


def test_a_known_machine_needs_no_code_and_gets_none() -> None:
    pair = connect()
    with pytest.raises(ChannelError, match="not_enrolled"):
        pair.client.seal(ENROL, b"code")
    assert refusal(pair.site, pair.client._frame(ENROL, 0, b"code")) == "not_enrolled"
    assert refusal(pair.client, pair.site._frame(ENROL, 0, b"welcome")) == "not_enrolled"


def test_a_client_that_sent_no_code_refuses_to_be_welcomed() -> None:
    pair = connect(enrolled=False)
    assert refusal(pair.client, pair.site._frame(ENROL, 0, b"welcome")) == "not_enrolled"
