"""Makes the bucket that the settings name, where it is not there yet; asks again until the store answers. For compose.yaml."""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from environ import FileAwareEnv

PATIENCE_SECONDS = 60


def make() -> None:
    env = FileAwareEnv()
    config = Config(connect_timeout=5, retries={"max_attempts": 1})
    store = boto3.client(
        "s3", endpoint_url=env("S3_ENDPOINT_URL"), region_name=env("S3_REGION", default="us-east-1"),
        aws_access_key_id=env("S3_ACCESS_KEY_ID"), aws_secret_access_key=env("S3_SECRET_ACCESS_KEY"), config=config,
    )  # fmt: skip
    try:
        store.create_bucket(Bucket=env("S3_BUCKET"))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def main() -> int:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            make()
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > end:
                print(f"The store does not make the bucket: {error}", file=sys.stderr)
                return 1
            time.sleep(1)
        else:
            return 0


if __name__ == "__main__":
    sys.exit(main())
