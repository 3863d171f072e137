"""Errors that a person understands: a code for programs, a message for people, a status for HTTP.

Actions of every app raise these; :class:`meatlizard.error_pages.AppErrors` and the consumers turn them into answers.
"""

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class AppError(Exception):
    """An expected refusal. ``message`` is shown as it is, so it holds no secret and no internals."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal"
    default_message: ClassVar["StrOrPromise"] = _("Something went wrong on the site.")

    def __init__(self, message: str = "", *, code: str = "") -> None:
        self.code = code or self.default_code
        self.message = message or str(self.default_message)
        super().__init__(self.message)


class Invalid(AppError):
    """What was sent cannot be accepted as it is."""

    status = 400
    default_code = "invalid"
    default_message = _("The site did not understand what was sent.")


class Unauthenticated(AppError):
    """Who asks is not known: a program brought no key, or one that does not work."""

    status = 401
    default_code = "unauthenticated"
    default_message = _("The site does not know who asks.")


class Forbidden(AppError):
    """The person may see the thing but not do this with it."""

    status = 403
    default_code = "forbidden"
    default_message = _("You may not do that.")


class NotFound(AppError):
    """It does not exist, or is not this person's to see; which of the two is not said."""

    status = 404
    default_code = "not_found"
    default_message = _("This does not exist, or is not yours to see.")


class LimitReached(AppError):
    """Too much or too often. ``retry_after``: seconds until another try makes sense, None when time does not help."""

    status = 429
    default_code = "limit_reached"
    default_message = _("Too many requests in a short time.")

    def __init__(self, message: str = "", *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(AppError):
    """The operators have switched it off for now."""

    status = 503
    default_code = "unavailable"
    default_message = _("This is switched off for now.")


class TooLarge(AppError):
    """One thing alone is larger than this site takes."""

    status = 413
    default_code = "too_large"
    default_message = _("This is larger than the site takes.")


class StorageFull(TooLarge):
    """There is no room left for this person's things. Deleting some helps, waiting does not."""

    default_code = "storage_full"
    default_message = _("There is no room left for this.")
