"""What Discord refuses, in its own codes. Source: "Opcodes and Status Codes" of Discord's documentation for developers."""

from typing import Any

from tests.fakes.discord.state import Json


class Refused(Exception):
    """An answer other than 2xx: ``status``, Discord's ``code``, and the errors of single fields."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None, **more: Any) -> None:
        super().__init__(f"{status} {code}: {message} {errors or ''}")
        self.status, self.code, self.message, self.errors, self.more = status, code, message, errors, more

    def body(self) -> Json:
        body: Json = {"message": self.message, "code": self.code, **self.more}
        if self.errors:
            body["errors"] = self.errors
        return body


def unauthorized() -> Refused:
    return Refused(401, 0, "401: Unauthorized")


def unknown(what: str) -> Refused:
    """404 for ``what``, one of the keys below."""
    return Refused(404, UNKNOWN[what], f"Unknown {what}")


UNKNOWN = {
    "Channel": 10003, "Guild": 10004, "Member": 10007, "Message": 10008, "Permission Overwrite": 10009, "Role": 10011,
    "User": 10013, "Webhook": 10015, "Ban": 10026, "Interaction": 10062, "Application Command": 10063,
}  # fmt: skip


def missing_access() -> Refused:
    return Refused(403, 50001, "Missing Access")


def missing_permissions() -> Refused:
    return Refused(403, 50013, "Missing Permissions")


class Form:
    """Collects what is wrong with the fields of one body; ``end`` raises when anything is."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def wrong(self, path: str, code: str, message: str) -> None:
        """``path`` goes by dots, as ``embeds.0.title``."""
        place = self._errors
        for part in path.split("."):
            place = place.setdefault(part, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def longest(self, path: str, text: Any, limit: int, least: int = 0) -> None:
        if not isinstance(text, str):
            self.wrong(path, "STRING_TYPE_CONVERT", f'Could not interpret "{text}" as string.')
        elif not least <= len(text) <= limit:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {limit} in length.")

    def end(self) -> None:
        if self._errors:
            raise Refused(400, 50035, "Invalid Form Body", self._errors)
