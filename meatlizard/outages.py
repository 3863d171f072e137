"""What it looks like when a neighbour is away. Redis' own errors are no OSError, and without Redis its package is not loaded."""

from django.conf import settings


def redis_errors() -> tuple[type[Exception], ...]:
    """Exceptions by which Redis, asked as cache or channel layer, shows that it cannot be reached."""
    if not settings.REDIS_URL:
        return (OSError,)
    from redis.exceptions import RedisError

    return (OSError, RedisError)
