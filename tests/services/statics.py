"""The collected static files are looked through once in a process of tests, as on a real site.

Django makes its middleware anew for each test client, and WhiteNoise's then reads folders and headers of hundreds of files.
"""

from django.conf import settings
from whitenoise.base import WhiteNoise

_by_whitenoise = WhiteNoise.update_files_dictionary
_found: dict[tuple[object, ...], dict[str, object]] = {}


def once() -> None:
    """From now on, for the folder that the settings name as they are read; what a test collects for itself is looked through by it."""
    collected = f"{settings.STATIC_ROOT}/"

    def update(noise: WhiteNoise, root: str, prefix: str) -> None:
        if root != collected:
            _by_whitenoise(noise, root, prefix)
            return
        kind = (type(noise), prefix, noise.max_age, noise.allow_all_origins, noise.charset)
        if kind not in _found:
            noise.files, before = {}, noise.files
            _by_whitenoise(noise, root, prefix)
            _found[kind], noise.files = noise.files, before
        noise.files.update(_found[kind])

    WhiteNoise.update_files_dictionary = update
