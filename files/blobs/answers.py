"""What a bucket answers that is no content, in words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from urllib3.exceptions import HTTPError

from files.blobs.trouble import Unreachable

log = logging.getLogger(__name__)

_NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})


@contextmanager
def in_words() -> Iterator[None]:
    """Raises Unreachable, and FileNotFoundError for what is not there."""
    try:
        yield
    except ClientError as error:
        if str(error.response.get("Error", {}).get("Code")) in _NOT_THERE:
            raise FileNotFoundError from error
        log.exception("files.bucket_refuses")
        raise Unreachable from error
    except (BotoCoreError, HTTPClientError, HTTPError, ConnectionError) as error:
        log.warning("files.bucket_unreachable", extra={"error": type(error).__name__})
        raise Unreachable from error
