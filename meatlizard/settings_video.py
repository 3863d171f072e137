"""Settings of videos."""

from meatlizard import environment as parse
from meatlizard.settings_env import env

_origin = env("VIDEO_BUCKET_ORIGIN", default="")
VIDEO_BUCKET_ORIGIN = parse.origin("VIDEO_BUCKET_ORIGIN", _origin) if _origin else ""
VIDEO_JOBS = parse.counted("VIDEO_JOBS", env.int("VIDEO_JOBS", default=1))
VIDEO_KEEP_ORIGINAL = env.bool("VIDEO_KEEP_ORIGINAL", default=True)
VIDEO_IMPORT = env.bool("VIDEO_IMPORT", default=True)
VIDEO_MAX_BYTES = parse.positive("VIDEO_MAX_BYTES", env.int("VIDEO_MAX_BYTES", default=50_000_000_000))
VIDEO_TRASH_DAYS = parse.positive("VIDEO_TRASH_DAYS", env.int("VIDEO_TRASH_DAYS", default=30))
VIDEO_MEMORY = parse.positive("VIDEO_MEMORY", env.int("VIDEO_MEMORY", default=6_144))
VIDEO_THREADS = parse.counted("VIDEO_THREADS", env.int("VIDEO_THREADS", default=0))
VIDEO_CODECS = [
    parse.one_of("VIDEO_CODECS", name.strip().lower(), ("h264", "hevc", "av1", "vp9"))
    for name in env.list("VIDEO_CODECS", default=["h264"])
]
VIDEO_TALLEST = parse.positive("VIDEO_TALLEST", env.int("VIDEO_TALLEST", default=2160))
VIDEO_ENCODER = parse.one_of(
    "VIDEO_ENCODER", env("VIDEO_ENCODER", default="").lower(), ("", "videotoolbox", "nvenc", "vaapi")
)  # fmt: skip
VIDEO_AUDIO_VARIANT = env.bool("VIDEO_AUDIO_VARIANT", default=True)
VIDEO_AUDIO_UPLOADS = env.bool("VIDEO_AUDIO_UPLOADS", default=True)
VIDEO_SURROUND = env.bool("VIDEO_SURROUND", default=False)
