"""What is to be said of an answer besides its text: everything that makes it less than what was asked for, in words."""

from django.utils.translation import gettext, ngettext

from chat.models import Generation, Message
from meatlizard.jobs.lease import State


def notice(row: Generation, message: Message) -> str:
    """Of an ended answer, in whole sentences; empty when it is what was asked for. That it was stopped, and why it failed, is said
    elsewhere.
    """
    return " ".join(sentence for say in (_writer, _attempts, _memory, _sight, _end) if (sentence := say(row, message)))


def failure(row: Generation) -> str:
    """Why it failed; empty when it did not."""
    return row.error or (gettext("The answer failed, and nothing says why.") if row.state == State.FAILED else "")


def _writer(row: Generation, message: Message) -> str:
    if message.source == Message.Source.MARKOV:
        return gettext("No machine was connected: this is the Markov generator's, made of random sentences.")
    if message.source == Message.Source.STAFF:
        return gettext("An administrator wrote this in place of the model.")
    if message.source == Message.Source.FLOW:
        return ""
    if row.remembered:
        return gettext(
            "This is the answer that the same model gave to the same question before; it was not asked again."
        )
    if row.model and row.answered_by and row.model != row.answered_by:
        return gettext("{asked} was asked for; {model} answered.").format(asked=row.model, model=row.answered_by)
    return ""


def _attempts(row: Generation, message: Message) -> str:
    if row.attempts < 2 or row.state != State.DONE:
        return ""
    words = ngettext(
        "A machine went away or failed {count} time; another attempt went on from what was there.",
        "Machines went away or failed {count} times; another attempt went on from what was there.",
        row.attempts - 1,
    )
    return words.format(count=row.attempts - 1)


def _memory(row: Generation, message: Message) -> str:
    said = []
    if row.summarised:
        words = ngettext(
            "Of the {count} oldest message the model read a summary.",
            "Of the {count} oldest messages the model read a summary.",
            row.summarised,
        )
        said.append(words.format(count=row.summarised))
    if missing := row.left_out + row.trimmed_messages:
        words = ngettext(
            "The conversation is longer than the model's window: {count} older message was left out.",
            "The conversation is longer than the model's window: {count} older messages were left out.",
            missing,
        )
        said.append(words.format(count=missing))
    return " ".join(said)


def _sight(row: Generation, message: Message) -> str:
    if row.images_unseen:
        return gettext("The model that answered cannot see: the images of this conversation were left out.")
    if row.images_left_out:
        words = ngettext(
            "There was no room for all images: the {count} oldest was left out.",
            "There was no room for all images: the {count} oldest were left out.",
            row.images_left_out,
        )
        return words.format(count=row.images_left_out)
    return ""


def _end(row: Generation, message: Message) -> str:
    if row.reason == "withheld":
        if row.error_code == "checking":
            return gettext("This site checks answers before it shows them; this one is being checked.")
        return gettext(
            "This answer was withheld: it broke a rule of this site. Under Moderation in your account's menu you can read why, and appeal."
        )
    if row.reason == "length":
        return gettext("The answer reached its length limit and was cut.")
    if row.reason == "tool_calls":
        # Names come from a model: one line of plain text, and not all of it.
        names = ", ".join(" ".join(call["name"].split())[:64] for call in (row.tool_calls or [])[:5])
        if not names:
            return gettext("The model asked for a tool that this site does not offer, and ended there.")
        return gettext("The model asked for a tool that this site does not offer ({names}), and ended there.").format(
            names=names
        )
    if row.state == State.DONE and not message.content.strip():
        return gettext("The model ended without an answer.")
    return ""
