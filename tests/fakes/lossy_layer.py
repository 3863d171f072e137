"""The channel layer of production, but that loses a third of what is sent to groups, as Channels allows any layer to do."""

import os
import random
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

LOSS = 1 / 3


class LossyLayer(RedisPubSubChannelLayer):
    """Chooses by ``LOSSY_SEED`` and writes a letter for each message to the file ``LOSSY_LOG``: ``d`` dropped, ``s`` sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._draw = random.Random(os.environ["LOSSY_SEED"])
        self._log = open(os.environ["LOSSY_LOG"], "a", buffering=1)  # noqa: SIM115  (open as long as the process)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        lost = self._draw.random() < LOSS
        self._log.write("d\n" if lost else "s\n")
        if not lost:
            await self._get_layer().group_send(group, message)
