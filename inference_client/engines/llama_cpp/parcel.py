"""Events on their way through the pipe: text as bare tuples, because pickling an object costs more than choosing a token."""

import pickle
from collections.abc import Sequence

from inference_client.engines.base import Event, Text

Parcel = list[Event | tuple[int, str, bool]]


def packed(events: Sequence[Event]) -> bytes:
    """What the other end's ``recv`` gives to ``opened``."""
    parcel: Parcel = [(event.run, event.text, event.thinking) if isinstance(event, Text) else event for event in events]
    return pickle.dumps(parcel, pickle.HIGHEST_PROTOCOL)


def opened(parcel: Parcel) -> list[Event]:
    """The events again."""
    return [Text(*event) if isinstance(event, tuple) else event for event in parcel]
