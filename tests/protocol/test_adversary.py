"""Two peers and somebody between them who holds every frame (K8).

The profile ``quick`` tries 100 sequences of 50 steps; ``HYPOTHESIS_PROFILE=thorough`` tries 2,000.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inference_client.protocol.channel import Limits, SecureChannel
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import MESSAGE
from tests.protocol.pairs import connect

LIMITS = Limits(frames=12, octets=2**40)
PLACE = st.integers(0, 2**16)
PAYLOADS = st.one_of(
    st.binary(max_size=600),
    st.integers(65_270, 65_300).map(bytes),
    st.integers(1, 180_000).map(lambda size: b"x" * size),
)


class Way:
    """One direction: what the sender meant, what lies with the adversary, what the receiver was given."""

    def __init__(self, sender: SecureChannel, receiver: SecureChannel) -> None:
        self.sender = sender
        self.receiver = receiver
        self.meant: list[bytes] = []
        self.underway: list[bytes] = []
        self.honest: list[bytes] = []
        self.given: list[bytes] = []
        self.accepted = 0

    def put(self, frames: list[bytes]) -> None:
        self.underway += frames
        self.honest += frames

    def arrive(self, frame: bytes) -> None:
        """The receiver gets ``frame``: it must open exactly the next true frame and refuse anything else for good."""
        true = self.accepted < len(self.honest) and frame == self.honest[self.accepted]
        was_closed = self.receiver.closed
        try:
            message = self.receiver.open(frame)
        except ChannelError as error:
            assert self.receiver.closed
            # A true frame is refused only by a closed channel or one that has used up its keys.
            assert was_closed or not true or error.code == "rekey_required"
            return
        assert true
        assert not was_closed
        self.accepted += 1
        if message is not None:
            assert message.type == MESSAGE
            self.given.append(message.payload)


class Adversary(RuleBasedStateMachine):
    @initialize()
    def meet(self) -> None:
        pair = connect(limits=LIMITS, confirm=False)
        self.ways = [Way(*pair), Way(pair.site, pair.client)]
        self.say(0, b"first")
        self.deliver(0)
        self.now = 0.0

    def channels_want(self) -> None:
        """What a channel leaves to be sent follows everything it sealed before."""
        for way in self.ways:
            if not way.sender.closed:
                way.put(way.sender.take_pending())

    @rule(which=st.integers(0, 1), payload=PAYLOADS)
    def say(self, which: int, payload: bytes) -> None:
        way = self.ways[which]
        try:
            way.put(way.sender.seal(MESSAGE, payload))
        except ChannelError as error:
            assert error.code in ("closed", "rekey_required", "unconfirmed")
        else:
            way.meant.append(payload)

    @rule(which=st.integers(0, 1))
    def deliver(self, which: int) -> None:
        way = self.ways[which]
        if way.underway:
            way.arrive(way.underway.pop(0))
            self.channels_want()

    @rule(which=st.integers(0, 1))
    def deliver_all(self, which: int) -> None:
        way = self.ways[which]
        while way.underway:
            self.deliver(which)

    @rule(hours=st.sampled_from([0.001, 0.3, 1.01]))
    def time_passes(self, hours: float) -> None:
        self.now += hours * 3600
        for way in self.ways:
            try:
                way.put(way.sender.tick(self.now))
            except ChannelError as error:
                assert error.code in ("closed", "timeout", "rekey_required")

    @rule(which=st.integers(0, 1))
    def revoke(self, which: int) -> None:
        """The site cuts the client off, or the client leaves."""
        if len(self.ways[0].honest) > 20:
            self.ways[which].sender.close()

    @precondition(lambda self: any(way.underway for way in self.ways))
    @rule(which=st.integers(0, 1), place=PLACE)
    def drop(self, which: int, place: int) -> None:
        way = self.ways[which]
        if way.underway:
            way.underway.pop(place % len(way.underway))

    @rule(which=st.integers(0, 1), place=PLACE)
    def repeat(self, which: int, place: int) -> None:
        way = self.ways[which]
        way.underway.insert(0, way.honest[place % len(way.honest)]) if way.honest else None

    @rule(which=st.integers(0, 1), one=PLACE, two=PLACE)
    def swap(self, which: int, one: int, two: int) -> None:
        frames = self.ways[which].underway
        if frames:
            one, two = one % len(frames), two % len(frames)
            frames[one], frames[two] = frames[two], frames[one]

    @rule(which=st.integers(0, 1), size=PLACE)
    def cut(self, which: int, size: int) -> None:
        frames = self.ways[which].underway
        if frames:
            frames[0] = frames[0][: size % len(frames[0]) or 1]

    @rule(which=st.integers(0, 1), place=PLACE, bit=st.integers(0, 7))
    def flip(self, which: int, place: int, bit: int) -> None:
        frames = self.ways[which].underway
        if frames:
            changed = bytearray(frames[0])
            changed[place % len(changed)] ^= 1 << bit
            frames[0] = bytes(changed)

    @rule(which=st.integers(0, 1), place=PLACE)
    def reflect(self, which: int, place: int) -> None:
        other = self.ways[1 - which].honest
        if other:
            self.ways[which].underway.insert(0, other[place % len(other)])

    @rule(which=st.integers(0, 1), junk=st.binary(min_size=1, max_size=400))
    def inject(self, which: int, junk: bytes) -> None:
        self.ways[which].underway.insert(0, junk)

    @invariant()
    def each_message_is_given_once_and_in_order(self) -> None:
        for way in getattr(self, "ways", []):
            assert way.given == way.meant[: len(way.given)]

    def teardown(self) -> None:
        """What is left arrives; a direction whose every frame was opened has given every message."""
        for _ in range(8):
            for which in range(len(getattr(self, "ways", []))):
                self.deliver_all(which)
        for way in getattr(self, "ways", []):
            if way.accepted == len(way.honest):
                assert way.given == way.meant


class HonestCarrier(RuleBasedStateMachine):
    """Frames may be late, never changed: then nothing closes and all arrives, through any number of rekeyings."""

    @initialize()
    def meet(self) -> None:
        pair = connect(limits=Limits(frames=12, octets=2**40), confirm=False)
        self.waiting = 0
        self.ways = [Way(*pair), Way(pair.site, pair.client)]
        self.say(0, b"first", 1)
        self.carry(0, 1)

    @rule(which=st.integers(0, 1), payload=PAYLOADS, times=st.integers(1, 2))
    def say(self, which: int, payload: bytes, times: int) -> None:
        way = self.ways[which]
        # A sender that outruns the carrier for ever would rightly be stopped by the hard limit.
        self.waiting += 1
        if self.waiting > 3:
            self.carry_all()
        for _ in range(times if len(payload) < 65_000 else 1):
            way.put(way.sender.seal(MESSAGE, payload))
            way.meant.append(payload)

    @rule(which=st.integers(0, 1), count=st.integers(1, 4))
    def carry(self, which: int, count: int) -> None:
        way = self.ways[which]
        for _ in range(min(count, len(way.underway))):
            way.arrive(way.underway.pop(0))
            for each in self.ways:
                each.put(each.sender.take_pending())

    def carry_all(self) -> None:
        self.waiting = 0
        for _ in range(4):
            self.carry(0, 99)
            self.carry(1, 99)

    def teardown(self) -> None:
        self.carry_all()
        for way in self.ways:
            assert not way.sender.closed
            assert way.given == way.meant


TestAdversary = Adversary.TestCase
TestAdversary.settings = settings(stateful_step_count=50, deadline=None)
TestHonestCarrier = HonestCarrier.TestCase
TestHonestCarrier.settings = settings(stateful_step_count=50, deadline=None)
