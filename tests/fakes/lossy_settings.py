"""The site's settings over a channel layer that loses messages."""

from meatlizard.settings import *  # noqa: F403
from meatlizard.settings import REDIS_URL

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "tests.fakes.lossy_layer.LossyLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "ml"},
    }
}
