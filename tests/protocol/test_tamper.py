"""The tamper matrix (K7): what is changed, cut, added, repeated, left out or sent elsewhere is never accepted."""

import itertools
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol import keys
from inference_client.protocol.channel import Message
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import HEADER, MESSAGE, REKEY
from inference_client.protocol.handshake import ClientHandshake, ServerHandshake
from inference_client.protocol.versions import Versions
from tests.protocol.pairs import SERVER_TIME, connect, pass_on, refusal

CLIENT_KEY, SITE_KEY = keys.generate(), keys.generate()
CLIENT_EPHEMERAL, SITE_EPHEMERAL = keys.generate(), keys.generate()


class Agreed(NamedTuple):
    """What both ends put into the prologue."""

    versions: Versions = Versions(2, 1, 1)
    path: str = "/ws/inference/"


AGREED = Agreed()


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def test_no_flipped_bit_of_a_frame_is_accepted_in_either_direction() -> None:
    pair = connect()
    for sender, receiver in (pair, reversed(pair)):
        (frame,) = sender.seal(MESSAGE, b"a secret of forty-two bytes, give or take.")
        assert len(frame) == 284
        assert None not in [refusal(receiver, flipped(frame, bit)) for bit in range(len(frame) * 8)]
        assert pass_on([frame], receiver)


def test_no_cut_or_lengthened_frame_is_accepted() -> None:
    pair = connect()
    (frame,) = pair.client.seal(MESSAGE, b"text")
    changed = [frame[:size] for size in range(len(frame))]
    changed += [frame + bytes(more) for more in range(1, 65)]
    changed += [frame + frame[:more] for more in range(1, 65)]
    changed += [frame[:12] + frame[12 + less :] for less in range(1, 65)]
    assert None not in [refusal(pair.site, bad) for bad in changed]
    assert pass_on([frame], pair.site) == [Message(MESSAGE, b"text")]


def test_a_repeated_a_skipped_and_an_early_frame_are_refused() -> None:
    pair = connect()
    one, two, three = (pair.client.seal(MESSAGE, text)[0] for text in (b"one", b"two", b"three"))
    assert refusal(pair.site, two) == "out_of_order"
    assert pass_on([one], pair.site)
    assert refusal(pair.site, one) == "replayed"
    assert refusal(pair.site, three) == "out_of_order"
    assert pass_on([two, three], pair.site)
    assert refusal(pair.site, two) == "replayed"


def test_a_frame_renumbered_to_fit_is_refused() -> None:
    pair = connect()
    _, two = (pair.client.seal(MESSAGE, text)[0] for text in (b"one", b"two"))
    version, type_, flags, seq = HEADER.unpack_from(two)
    assert refusal(pair.site, HEADER.pack(version, type_, flags, seq - 1) + two[HEADER.size :]) == "bad_frame"


def test_a_frame_is_good_for_one_direction_and_one_session_only() -> None:
    alice, other = connect(), connect()
    again = connect(client_key=CLIENT_KEY, site_key=SITE_KEY)
    twice = connect(client_key=CLIENT_KEY, site_key=SITE_KEY)
    for pair in (alice, other, again, twice):
        pass_on(pair.site.seal(MESSAGE, b"level the numbers"), pair.client)
    (frame,) = alice.client.seal(MESSAGE, b"text")
    assert refusal(alice.client, frame) == "bad_frame"
    assert refusal(other.site, frame) == "bad_frame"
    (frame,) = again.client.seal(MESSAGE, b"text")
    assert refusal(twice.site, frame) == "bad_frame"
    assert refusal(again.site, frame) is None


def test_after_a_refusal_even_the_true_frame_is_not_opened() -> None:
    pair = connect()
    (frame,) = pair.client.seal(MESSAGE, b"text")
    with pytest.raises(ChannelError, match="bad_frame"):
        pair.site.open(flipped(frame, 900))
    with pytest.raises(ChannelError, match="closed"):
        pair.site.open(frame)
    with pytest.raises(ChannelError, match="closed"):
        pair.site.seal(MESSAGE, b"text")
    with pytest.raises(ChannelError, match="closed"):
        pair.site.tick(1.0)


def asking(agreed: Agreed = AGREED, site_key: X25519PrivateKey = SITE_KEY) -> ClientHandshake:
    return ClientHandshake(
        CLIENT_KEY,
        keys.public_bytes(site_key),
        versions=agreed.versions,
        path=agreed.path,
        new_ephemeral=lambda: CLIENT_EPHEMERAL,
    )


def answering(agreed: Agreed = AGREED) -> ServerHandshake:
    return ServerHandshake(SITE_KEY, versions=agreed.versions, path=agreed.path, new_ephemeral=lambda: SITE_EPHEMERAL)


def fresh() -> ServerHandshake:
    """As the real site: with a new ephemeral key each time."""
    return ServerHandshake(SITE_KEY, versions=AGREED.versions, path=AGREED.path)


def test_no_flipped_cut_or_lengthened_first_message_is_accepted() -> None:
    hello = asking().hello()
    assert len(hello) == 96
    changed = [flipped(hello, bit) for bit in range(96 * 8)]
    changed += [hello[:size] for size in range(96)] + [hello + bytes(more) for more in range(1, 65)]
    for bad in changed:
        with pytest.raises(ChannelError, match="handshake_failed"):
            answering().read_hello(bad)
    assert answering().read_hello(hello) == keys.public_bytes(CLIENT_KEY)


def test_no_flipped_cut_or_lengthened_answer_is_accepted() -> None:
    site = answering()
    site.read_hello(asking().hello())
    answer, _ = site.answer(now=0.0, server_time=SERVER_TIME)
    changed = [flipped(answer, bit) for bit in range(len(answer) * 8)]
    changed += [answer[:size] for size in range(len(answer))] + [answer + bytes(more) for more in range(1, 65)]
    changed.append(answer + bytes(2000))
    for bad in changed:
        client = asking()
        client.hello()
        with pytest.raises(ChannelError, match="handshake_failed"):
            client.finish(bad, 0.0)
    client = asking()
    client.hello()
    assert client.finish(answer, 0.0).confirmed


OTHERS = [
    AGREED._replace(versions=Versions(2, 1, 2)),
    AGREED._replace(versions=Versions(1, 1, 1)),
    AGREED._replace(versions=Versions(2, 2, 1)),
    AGREED._replace(path="/ws/inference"),
    AGREED._replace(path="/ws/other/"),
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_a_different_prologue_breaks_the_handshake(other: Agreed) -> None:
    assert answering(AGREED).read_hello(asking(AGREED).hello())
    with pytest.raises(ChannelError, match="handshake_failed"):
        answering(AGREED).read_hello(asking(other).hello())
    with pytest.raises(ChannelError, match="handshake_failed"):
        answering(other).read_hello(asking(AGREED).hello())


def test_a_client_paired_with_another_site_is_refused() -> None:
    with pytest.raises(ChannelError, match="handshake_failed"):
        answering().read_hello(asking(site_key=keys.generate()).hello())


def test_a_recorded_connection_sent_again_gets_no_further_than_the_handshake() -> None:
    """The recording's first message is accepted (it is empty), its first frame is not, and nothing was sent to it."""
    first = asking()
    site = fresh()
    hello = first.hello()
    site.read_hello(hello)
    answer, channel = site.answer(now=0.0, server_time=SERVER_TIME)
    (recorded,) = first.finish(answer, 0.0).seal(MESSAGE, b"work, please")
    assert pass_on([recorded], channel)

    replayed = fresh()
    replayed.read_hello(hello)
    _, channel = replayed.answer(now=0.0, server_time=SERVER_TIME)
    with pytest.raises(ChannelError, match="unconfirmed"):
        channel.seal(MESSAGE, b"a job")
    assert refusal(channel, recorded) == "bad_frame"
    assert not channel.confirmed


def test_no_flipped_bit_of_any_rekeying_frame_is_accepted() -> None:
    pair = connect()
    (request,) = pair.client.tick(3600.0)
    assert request[1] == REKEY
    assert None not in [refusal(pair.site, flipped(request, bit)) for bit in range(len(request) * 8)]
    pass_on([request], pair.site)
    (answer,) = pair.site.take_pending()
    assert None not in [refusal(pair.client, flipped(answer, bit)) for bit in range(len(answer) * 8)]
    pass_on([answer], pair.client)
    (done,) = pair.client.take_pending()
    assert None not in [refusal(pair.site, flipped(done, bit)) for bit in range(len(done) * 8)]
    pass_on([done], pair.site)
    assert pair.client.rekeyings == pair.site.rekeyings == 1


def test_no_order_of_fragments_but_the_true_one_is_accepted() -> None:
    pair = connect()
    payload = bytes(range(256)) * 700
    frames = pair.client.seal(MESSAGE, payload)
    assert len(frames) == 3
    for order in itertools.permutations(range(3)):
        trial = connect(client_key=CLIENT_KEY, site_key=SITE_KEY)
        sent = trial.client.seal(MESSAGE, payload)
        if order == (0, 1, 2):
            assert pass_on(sent, trial.site) == [Message(MESSAGE, payload)]
        else:
            with pytest.raises(ChannelError, match="out_of_order"):
                pass_on([sent[place] for place in order], trial.site)
