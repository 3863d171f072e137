"""New keys inside a connection: when, in which order, with frames underway, and what is refused."""

import pytest

from inference_client.protocol import keys
from inference_client.protocol.channel import REKEY_PROLOGUE, Limits, Message
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import MESSAGE, REKEY
from inference_client.protocol.noise import IK, HandshakeState
from tests.protocol.pairs import Pair, connect, pass_on, refusal, settle

HOUR = 3600.0


def texts(messages: list[Message]) -> list[bytes]:
    return [message.payload for message in messages]


def rekey(pair: Pair, now: float = HOUR) -> None:
    """One whole rekeying with nothing else underway."""
    assert pair.site.tick(now) == []
    assert pass_on(pair.client.tick(now), pair.site) == []
    settle(pair)


def exchange_words(pair: Pair) -> None:
    assert texts(pass_on(pair.client.seal(MESSAGE, b"up"), pair.site)) == [b"up"]
    assert texts(pass_on(pair.site.seal(MESSAGE, b"down"), pair.client)) == [b"down"]


@pytest.mark.parametrize(
    ("limits", "rounds"), [(Limits(frames=50), 50), (Limits(octets=50 * 272), 50)], ids=["frames", "octets"]
)
def test_new_keys_come_after_so_many_frames_or_bytes(limits: Limits, rounds: int) -> None:
    pair = connect(limits=limits)
    # One frame has confirmed the connection.
    for _ in range(rounds - 2):
        exchange_words(pair)
        settle(pair)
    assert pair.client.rekeyings == 0
    exchange_words(pair)
    settle(pair)
    assert pair.client.rekeyings == pair.site.rekeyings == 1


def test_new_keys_come_after_an_hour_and_again_an_hour_later() -> None:
    pair = connect()
    assert pair.client.tick(HOUR - 1) == []
    rekey(pair, HOUR)
    assert pair.client.rekeyings == pair.site.rekeyings == 1
    assert pair.client.tick(2 * HOUR - 1) == []
    rekey(pair, 2 * HOUR)
    assert pair.client.rekeyings == pair.site.rekeyings == 2
    exchange_words(pair)


def test_the_keys_do_change_and_numbers_begin_anew() -> None:
    pair = connect()
    before = pair.client._send.cipher, pair.client._receive.cipher
    old = pair.client._hash
    session = pair.client.session_id
    rekey(pair)
    assert (pair.client._send.seq, pair.site._send.seq) == (0, 0)
    assert pair.client._send.cipher not in before
    assert pair.client._hash == pair.site._hash != old
    assert pair.client.session_id == pair.site.session_id == session
    exchange_words(pair)


def test_a_client_that_only_listens_asks_too() -> None:
    pair = connect(limits=Limits(frames=10))
    for _ in range(30):
        pass_on(pair.site.seal(MESSAGE, b"down"), pair.client)
        settle(pair)
    assert pair.client.rekeyings == 3


def test_frames_underway_in_both_directions_arrive_at_every_moment_of_a_rekeying() -> None:
    pair = connect()
    up = pair.client.seal(MESSAGE, b"u1") + pair.client.tick(HOUR) + pair.client.seal(MESSAGE, b"u2")
    down = pair.site.seal(MESSAGE, b"d1")
    # The site reads the request between two messages; what it sealed before and seals after is underway together.
    assert texts(pass_on(up, pair.site)) == [b"u1", b"u2"]
    down += pair.site.seal(MESSAGE, b"d2")
    assert [frame[1] for frame in down] == [MESSAGE, REKEY, MESSAGE]
    up = pair.client.seal(MESSAGE, b"u3")
    assert texts(pass_on(down, pair.client)) == [b"d1", b"d2"]
    # Still under the old key, although the site has answered.
    up += pair.client.seal(MESSAGE, b"u4")
    assert [frame[1] for frame in up] == [MESSAGE, REKEY, MESSAGE]
    assert texts(pass_on(pair.site.seal(MESSAGE, b"d3"), pair.client)) == [b"d3"]
    assert texts(pass_on(up, pair.site)) == [b"u3", b"u4"]
    exchange_words(pair)
    assert pair.client.rekeyings == pair.site.rekeyings == 1


def test_old_frames_are_worthless_after_a_rekeying() -> None:
    pair = connect()
    (old,) = pair.client.seal(MESSAGE, b"numbered one")
    pass_on([old], pair.site)
    rekey(pair)
    pass_on(pair.client.seal(MESSAGE, b"numbered nought"), pair.site)
    assert refusal(pair.site, old) == "bad_frame"


def test_a_client_that_does_not_ask_is_cut_off_at_twice_the_limit() -> None:
    pair = connect(limits=Limits(frames=10))
    # A program that ignores the limit: its channel thinks a request is underway already.
    pair.client._asked = pair.client._handshake()
    for _ in range(19):
        pass_on(pair.client.seal(MESSAGE, b"up"), pair.site)
    with pytest.raises(ChannelError, match="rekey_required"):
        pair.client.seal(MESSAGE, b"up")
    assert pair.client.closed
    pair.client.closed = False
    pair.client._limits = Limits()
    assert refusal(pair.site, pair.client.seal(MESSAGE, b"one more")[0]) == "rekey_required"


def test_the_site_stops_sending_under_a_used_up_key() -> None:
    pair = connect(limits=Limits(frames=10))
    for _ in range(20):
        pair.site.seal(MESSAGE, b"down")
    with pytest.raises(ChannelError, match="rekey_required"):
        pair.site.seal(MESSAGE, b"down")
    assert pair.site.closed


def test_keys_older_than_twice_the_limit_close_the_channel() -> None:
    pair = connect()
    assert pair.site.tick(2 * HOUR) == []
    with pytest.raises(ChannelError, match="rekey_required"):
        pair.site.tick(2 * HOUR + 1)
    assert pair.site.closed


def test_a_rekeying_without_an_answer_times_out_on_the_client() -> None:
    pair = connect()
    assert len(pair.client.tick(HOUR)) == 1
    assert pair.client.tick(HOUR + 1) == []
    with pytest.raises(ChannelError, match="timeout"):
        pair.client.tick(HOUR + 12)
    assert pair.client.closed


def test_a_rekeying_the_client_does_not_finish_times_out_on_the_site() -> None:
    pair = connect()
    pass_on(pair.client.tick(HOUR), pair.site)
    assert len(pair.site.tick(HOUR)) == 1
    with pytest.raises(ChannelError, match="timeout"):
        pair.site.tick(HOUR + 11)


def test_two_requests_at_once_are_refused() -> None:
    pair = connect()
    pass_on(pair.client.tick(HOUR), pair.site)
    again = pair.client._frame(REKEY, 1, pair.client._handshake().write(b""))
    assert refusal(pair.site, again) == "bad_frame"


def test_an_answer_nobody_asked_for_is_refused() -> None:
    pair = connect()
    assert refusal(pair.client, pair.site._frame(REKEY, 1, bytes(48))) == "bad_frame"


def test_a_rekeying_without_the_must_understand_flag_is_refused() -> None:
    pair = connect()
    assert refusal(pair.site, pair.client._frame(REKEY, 0, pair.client._handshake().write(b""))) == "bad_frame"


@pytest.mark.parametrize("content", [b"", bytes(95), bytes(96), bytes(97)], ids=len)
def test_a_request_that_is_no_handshake_is_refused(content: bytes) -> None:
    pair = connect()
    assert refusal(pair.site, pair.client._frame(REKEY, 1, content)) == "handshake_failed"


def test_an_answer_that_carries_something_is_refused() -> None:
    pair = connect()
    pair.client._asked = pair.client._handshake()
    site = pair.site._handshake()
    site.read(pair.client._asked.write(b""))
    assert refusal(pair.client, pair.site._frame(REKEY, 1, site.write(b"more"))) == "handshake_failed"


def test_a_rekeying_to_another_clients_key_is_refused() -> None:
    """Whoever got hold of the transport keys alone cannot turn them into a connection of its own identity."""
    pair = connect()
    thief = HandshakeState(
        IK,
        initiator=True,
        prologue=REKEY_PROLOGUE + pair.client._hash,
        static=keys.generate(),
        remote_static=pair.client.remote_static,
    )
    assert refusal(pair.site, pair.client._frame(REKEY, 1, thief.write(b""))) == "handshake_failed"


def test_a_rekeying_of_another_connection_is_refused() -> None:
    client_key, site_key = keys.generate(), keys.generate()
    one, two = (connect(client_key=client_key, site_key=site_key) for _ in range(2))
    foreign = one.client._handshake().write(b"")
    assert refusal(two.site, two.client._frame(REKEY, 1, foreign)) == "handshake_failed"
