"""Videos of other sites by their address: yt-dlp in a child process, whose only way out is a proxy of ours that leads to public machines alone."""

from typing import Final

QUEUE: Final = "video-import"
"""With slots of its own: who waits for another site keeps nobody from making what is here."""

AT_ONCE: Final = 2
