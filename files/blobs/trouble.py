"""What goes wrong where contents lie, in words for whoever stores or reads something."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from meatlizard.errors import AppError, NotFound, Unavailable

log = logging.getLogger(__name__)

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFull(AppError):
    """The machine's disk, not a person's share of it. What was being written is as long as before."""

    status: ClassVar[int] = 507
    default_code = "disk_full"
    default_message = _("The site's disk is full. Nothing was stored; try again later, or tell the site's operators.")


class Unreachable(Unavailable):
    """The disk fails, or the bucket does not answer."""

    default_code = "storage_unreachable"
    default_message = _("The site cannot reach its storage at the moment. Nothing is lost; try again in a while.")


class Gone(NotFound):
    """There is a row and no content, or the content is not what it was."""

    default_code = "no_content"
    default_message = _("The content of this file is gone. The site's operators can look for it.")


@contextmanager
def in_words() -> Iterator[None]:
    """Turns what a disk answers into these errors. Raises FileNotFoundError as it is: callers look elsewhere then."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull from error
        log.exception("files.disk_refuses")
        raise Unreachable from error
