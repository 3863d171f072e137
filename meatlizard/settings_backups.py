"""Settings of backups."""

from meatlizard import environment as parse
from meatlizard.settings_env import env

BACKUP_TO = env("BACKUP_TO", default="")
BACKUP_RECIPIENTS = [one.strip() for one in env.list("BACKUP_RECIPIENTS", default=[]) if one.strip()]
BACKUP_IDENTITY = env("BACKUP_IDENTITY", default="")
BACKUP_EVERY_HOURS = parse.counted("BACKUP_EVERY_HOURS", env.int("BACKUP_EVERY_HOURS", default=0))
BACKUP_VERIFY_DAYS = parse.positive("BACKUP_VERIFY_DAYS", env.int("BACKUP_VERIFY_DAYS", default=7))
BACKUP_KEEP_DAILY = parse.counted("BACKUP_KEEP_DAILY", env.int("BACKUP_KEEP_DAILY", default=7))
BACKUP_KEEP_WEEKLY = parse.counted("BACKUP_KEEP_WEEKLY", env.int("BACKUP_KEEP_WEEKLY", default=4))
BACKUP_KEEP_MONTHLY = parse.counted("BACKUP_KEEP_MONTHLY", env.int("BACKUP_KEEP_MONTHLY", default=12))
BACKUP_VIDEO_PARTS = env.bool("BACKUP_VIDEO_PARTS", default=True)
# Those of the uploads' bucket unless the backups have their own, which is better: who gets at the one should not get at the other.
BACKUP_S3_ENDPOINT_URL = env("BACKUP_S3_ENDPOINT_URL", default="") or env("S3_ENDPOINT_URL", default="")
BACKUP_S3_REGION = env("BACKUP_S3_REGION", default="") or env("S3_REGION", default="")
BACKUP_S3_ACCESS_KEY_ID = env("BACKUP_S3_ACCESS_KEY_ID", default="") or env("S3_ACCESS_KEY_ID", default="")
BACKUP_S3_SECRET_ACCESS_KEY = env("BACKUP_S3_SECRET_ACCESS_KEY", default="") or env("S3_SECRET_ACCESS_KEY", default="")
