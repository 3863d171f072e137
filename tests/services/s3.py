"""An S3 of the suite's own, in memory, as a server that can be stopped and started: moto, which others wrote."""

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.services.programs import Program, free_port, new_folder, wait_until

BUCKET = "files"


class S3Server:
    """It forgets everything when it stops."""

    program: Program

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._home = new_folder("s3")

    def start(self) -> None:
        argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.program = Program("S3", argv, self._home / "log", cwd=self._home)
        wait_until(self.answers, "S3 answers", 60, alive=self.program)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def options(self) -> dict[str, Any]:
        """Of django-storages."""
        from meatlizard.storage.bucket import client_config

        config = client_config().merge(_impatient())
        return {
            "bucket_name": BUCKET, "endpoint_url": self.url, "region_name": "us-east-1", "access_key": "key", "secret_key": "secret",
            "default_acl": None, "file_overwrite": False, "querystring_auth": True, "client_config": config,
        }  # fmt: skip

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret",
            config=_impatient(),
        )  # fmt: skip

    def empty(self) -> None:
        """A new bucket and nothing else."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST"), timeout=10).close()
        self.client().create_bucket(Bucket=BUCKET)


def _impatient() -> Any:
    from botocore.config import Config

    return Config(connect_timeout=2, read_timeout=20, retries={"mode": "standard", "max_attempts": 1})


@contextmanager
def s3_server() -> Iterator[S3Server]:
    server = S3Server()
    server.start()
    try:
        yield server
    finally:
        server.program.kill()
