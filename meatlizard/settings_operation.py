"""Settings of what watches over the site: measurements, health, status page; and of maintenance."""

from pathlib import Path

from meatlizard import environment as parse
from meatlizard.settings_env import BASE_DIR, env

HEALTH_TOKEN = env("HEALTH_TOKEN", default="")
HEALTH_MEMORY_PERCENT = parse.percent("HEALTH_MEMORY_PERCENT", env.int("HEALTH_MEMORY_PERCENT", default=80))
HEALTH_DISK_PERCENT = parse.percent("HEALTH_DISK_PERCENT", env.int("HEALTH_DISK_PERCENT", default=90))
HEALTH_ERRORS_PERCENT = parse.percent("HEALTH_ERRORS_PERCENT", env.int("HEALTH_ERRORS_PERCENT", default=5))
HEALTH_RESPONSE_SECONDS = parse.positive("HEALTH_RESPONSE_SECONDS", env.int("HEALTH_RESPONSE_SECONDS", default=5))
METRICS_TOKEN = env("METRICS_TOKEN", default="")
METRICS_MINUTE_HOURS = parse.positive("METRICS_MINUTE_HOURS", env.int("METRICS_MINUTE_HOURS", default=48))
METRICS_HOUR_DAYS = parse.positive("METRICS_HOUR_DAYS", env.int("METRICS_HOUR_DAYS", default=60))
METRICS_DAY_DAYS = parse.positive("METRICS_DAY_DAYS", env.int("METRICS_DAY_DAYS", default=800))
_VAR = Path(env("VAR_DIR", default="") or BASE_DIR / "var")
STATUS_DIR = Path(env("STATUS_DIR", default="") or _VAR / "status")
ALERT_HOSTS = [host.strip().lower() for host in env.list("ALERT_HOSTS", default=[]) if host.strip()]
LOG_FILES = env.bool("LOG_FILES", default=True)
LOG_DIR = Path(env("LOG_DIR", default="") or _VAR / "logs")
LOG_DAYS = parse.positive("LOG_DAYS", env.int("LOG_DAYS", default=14))
LOG_ERROR_DAYS = parse.positive("LOG_ERROR_DAYS", env.int("LOG_ERROR_DAYS", default=90))
LOG_DEBUG_DAYS = parse.positive("LOG_DEBUG_DAYS", env.int("LOG_DEBUG_DAYS", default=3))
LOG_MEGABYTES = parse.positive("LOG_MEGABYTES", env.int("LOG_MEGABYTES", default=2_000))
OPERATION_APPS = ["meatlizard.metrics", "meatlizard.health", "meatlizard.alerts"]
MAINTENANCE = parse.one_of(
    "MAINTENANCE", env("MAINTENANCE", default="off").lower().replace("read-only", "read"), ("off", "soft", "read", "hard")
)  # fmt: skip
MAINTENANCE_REASON = env("MAINTENANCE_REASON", default="")
