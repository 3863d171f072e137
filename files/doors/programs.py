"""What other programs learn to send files here from: a configuration with a key in it that may upload and nothing else."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from files.doors.sending import UPLOAD
from meatlizard.accounts.models import User
from meatlizard.api import actions as keys

DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Program:
    """``write(address, key)``: the file that the program, or the person, uses."""

    name: str
    file: str
    media_type: str
    write: Callable[[str, str], str]


def form_address() -> str:
    return settings.SITE_URL + reverse("files:form")


def put_address() -> str:
    return f"{settings.SITE_URL}{reverse('files:form').removesuffix('form/')}put/"


def sharex(address: str, key: str) -> str:
    """https://getsharex.com/docs/custom-uploader"""
    learned = {
        "Version": "15.0.0", "Name": f"MeatLizard ({settings.SITE_HOST})",
        "DestinationType": "ImageUploader, TextUploader, FileUploader", "RequestMethod": "POST", "RequestURL": address,
        "Headers": {"Accept": "application/json", "Authorization": f"Bearer {key}"}, "Body": "MultipartFormData",
        "FileFormName": "file", "URL": "{json:url}", "ErrorMessage": "{json:error.message}",
    }  # fmt: skip
    return json.dumps(learned, indent=2) + "\n"


def flameshot(address: str, key: str) -> str:
    """A screenshot goes from flameshot's standard output to curl; the address comes back to the clipboard, where there is a program for that."""
    return f"""#!/bin/sh
# Takes a screenshot with Flameshot and uploads it to {settings.SITE_HOST}. Whoever has this file can upload for you: keep it to yourself.
set -eu
address=$(flameshot gui --raw | curl --fail-with-body --silent --show-error \\
    --header {shlex.quote(f"Authorization: Bearer {key}")} \\
    --form "file=@-;filename=screenshot $(date '+%Y-%m-%d %H-%M-%S').png;type=image/png" {shlex.quote(address)}) || {{ echo "$address" >&2; exit 1; }}
for copy in wl-copy "xclip -selection clipboard" pbcopy; do
    if command -v "${{copy%% *}}" >/dev/null 2>&1; then printf %s "$address" | $copy && break; fi
done
echo "$address"
"""


PROGRAMS: Final = {
    "sharex": Program("ShareX", "{host}.sxcu", "application/json", sharex),
    "flameshot": Program("Flameshot", "screenshot-{host}.sh", "text/x-shellscript", flameshot),
}


def configured(owner: User, program: Program) -> tuple[str, str]:
    """Name and text of its configuration, with a key that is made for it. Raises what making a key raises."""
    name = f"{program.name}, {timezone.localdate().isoformat()}"
    _row, secret = keys.create_key(owner, name, [UPLOAD], DAYS)
    return program.file.format(host=settings.SITE_HOST), program.write(form_address(), secret)
