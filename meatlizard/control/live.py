"""Settings that operators change while the site runs: declared here, kept in the database, put into Django's settings of each process.

Whoever reads ``settings.NAME`` when it is needed, and not when a module is loaded, has the new value at once; nothing else may be declared.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.errors import Invalid

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Kind = Literal["number", "yes_or_no", "choice"]


@dataclass(frozen=True, slots=True)
class Live:
    """``least`` and ``most`` bound a number, ``choices`` are the words there are."""

    name: str
    group: "StrOrPromise"
    about: "StrOrPromise"
    kind: Kind = "number"
    least: int = 1
    most: int = 10**12
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Any:
        """The value that is typed as ``text``. Raises Invalid."""
        word = text.strip()
        if self.kind == "yes_or_no":
            if word.lower() not in ("true", "false"):
                raise Invalid(gettext("This setting is true or false."), code="not_true_or_false")
            return word.lower() == "true"
        if self.kind == "choice":
            if word not in self.choices:
                said = gettext("This setting is one of: %(choices)s.") % {"choices": ", ".join(self.choices)}
                raise Invalid(said, code="no_such_choice")
            return word
        if not word.isascii() or not word.isdecimal() or len(word) > 15 or not self.least <= int(word) <= self.most:
            said = gettext("This setting is a number from %(least)s to %(most)s.")
            raise Invalid(said % {"least": self.least, "most": self.most}, code="out_of_range")
        return int(word)

    def fits(self, value: Any) -> bool:
        """Whether a stored value can be used: a later release may have narrowed the setting."""
        try:
            return bool(self.read(self.shown(value)) == value)
        except Invalid:
            return False

    @staticmethod
    def shown(value: Any) -> str:
        """As it can be typed in again."""
        return str(value).lower() if isinstance(value, bool) else str(value)


def _yes_or_no(name: str, group: "StrOrPromise", about: "StrOrPromise") -> Live:
    return Live(name, group, about, "yes_or_no")


def _one_of(name: str, group: "StrOrPromise", about: "StrOrPromise", *choices: str) -> Live:
    return Live(name, group, about, "choice", choices=choices)


_PEOPLE, _ANSWERS, _SHARING, _LINKS = _("People"), _("Answers"), _("Sharing"), _("Short links")
_FILES, _PASTES, _WEB, _HEALTH = _("Files"), _("Pastes"), _("The web"), _("Health")

_ALL = (
    _one_of("REGISTRATION", _PEOPLE, _("who may make an account"), "open", "invite", "closed"),
    _yes_or_no("TOKEN_BUDGETS", _PEOPLE, _("whether tiers limit the tokens of a week")),
    _yes_or_no("PERSONA_REVIEW", _PEOPLE, _("whether personas are reviewed before others see them")),
    Live("NOTICE_MAIL_MINUTES", _PEOPLE, _("minutes between two letters about one conversation"), most=10_080),
    Live("QUEUE_MAX_WAITING", _ANSWERS, _("questions that may wait at once"), most=100_000),
    Live("GENERATION_MAX_ATTEMPTS", _ANSWERS, _("how often an answer is tried"), most=20),
    Live("SUMMARY_AT", _ANSWERS, _("per cent of a window at which older turns are summarised; 0: never"), least=0, most=100),
    Live("TOOL_APPROVAL_SECONDS", _ANSWERS, _("how long an answer waits for its person to approve a tool"), most=10**7),
    _yes_or_no("PROMPT_LAYERS", _ANSWERS, _("whether the texts that come with the site stand before conversations")),
    _one_of("SHARE_LINKS", _SHARING, _("who reads shared conversations"), "true", "members", "false"),
    _one_of("TRANSCRIPTS", _SHARING, _("whose sessions, when they are over, become transcripts"), "off", "chosen", "all"),
    Live("TRANSCRIPT_IDLE_DAYS", _SHARING, _("days without a word after which a session is over; 0: when it is archived"), least=0, most=3_650),
    Live("ARTIFACT_HOURS", _SHARING, _("hours that files of answers are kept; 0: for ever"), least=0, most=100_000),
    _yes_or_no("ARTIFACT_MODEL", _SHARING, _("whether a model names the files of answers")),
    _yes_or_no("ARTIFACT_SCRIPTS", _SHARING, _("whether files of answers may run scripts, apart from the site")),
    _one_of("LINKS_FOR", _LINKS, _("who makes short links"), "members", "staff"),
    _one_of("LINK_INTERSTITIAL", _LINKS, _("which links show where they lead first"), "off", "unknown", "all"),
    _yes_or_no("LINK_DNT", _LINKS, _("whether browsers that ask not to be tracked are counted without particulars")),
    Live("LINK_CLICK_DAYS", _LINKS, _("days that single clicks are kept; 0: for ever"), least=0, most=36_500),
    Live("ATTACHMENT_MAX_BYTES", _FILES, _("bytes of a file in a conversation"), least=1_000),
    Live("FILES_TRASH_DAYS", _FILES, _("days until the trash of files is emptied"), most=36_500),
    _one_of("PASTE_CREATE", _PASTES, _("who makes pastes"), "members", "everyone"),
    Live("PASTE_MAX_BYTES", _PASTES, _("bytes of a paste"), least=1_000, most=10**9),
    Live("PASTE_ANONYMOUS_MAX_BYTES", _PASTES, _("bytes of a visitor's paste"), least=1_000, most=10**9),
    Live("PASTE_ANONYMOUS_TOTAL_BYTES", _PASTES, _("bytes of all pastes of visitors"), least=1_000),
    Live("SEALED_FILES_MAX_BYTES", _PASTES, _("bytes of files beside an encrypted paste"), least=1_000),
    _yes_or_no("FETCH_LINKS", _WEB, _("whether the site fetches addresses that people give")),
    _yes_or_no("FETCH_ROBOTS", _WEB, _("whether robots.txt is followed then")),
    Live("HEALTH_MEMORY_PERCENT", _HEALTH, _("per cent of memory from which on health warns"), least=0, most=100),
    Live("HEALTH_DISK_PERCENT", _HEALTH, _("per cent of the disk from which on health warns"), least=0, most=100),
    Live("HEALTH_ERRORS_PERCENT", _HEALTH, _("per cent of failed or slow requests from which on health warns"), least=0, most=100),
    Live("HEALTH_RESPONSE_SECONDS", _HEALTH, _("seconds from which on a request is slow"), most=600),
)  # fmt: skip

LIVE: dict[str, Live] = {one.name: one for one in _ALL}

_lock = threading.Lock()
_given: dict[str, Any] = {}
"""What the environment says of those that were changed here."""


def given(name: str) -> Any:
    """What the environment says."""
    return _given.get(name, getattr(settings, name))


def apply(values: Mapping[str, Any]) -> None:
    """Puts ``values`` into this process's settings, and the environment's back in the place of those that are changed no more."""
    with _lock:
        wanted = {name: value for name, value in values.items() if name in LIVE and LIVE[name].fits(value)}
        for name in set(_given) - set(wanted):
            setattr(settings, name, _given.pop(name))
        for name, value in wanted.items():
            _given.setdefault(name, getattr(settings, name))
            if getattr(settings, name) != value:
                setattr(settings, name, value)
