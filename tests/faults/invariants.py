"""What has to hold after any fault, of a site that has come to rest: the numbers are those of the fault matrix.

I1 nothing that was acknowledged is lost; I2 nothing is there twice; I3 the ledgers balance; I4 every piece of work has ended; I5 no secret is in a
log. (I6, that the health page tells the truth meanwhile, is looked at during the fault.)
"""

from collections.abc import Iterator

import psycopg

from tests.faults.load import Load
from tests.faults.stage import Stage
from tests.services.programs import wait_until

REST_SECONDS = 120
LOST_AT_MOST = 1.0
"""Seconds of clicks that a killed site process may take along: those it has answered and not yet written to its journal
(``shortener/redirect/journal.py``, which this process, without Django, cannot ask).
"""

WORKING = "SELECT count(*) FROM chat_generation WHERE state IN ('queued', 'leased', 'streaming')"
HELD = "SELECT count(*) FROM jobs_job WHERE state IN ('leased', 'streaming') AND lease_until < now() - interval '30 seconds'"


def broken(stage: Stage, load: Load, killed: float | None = None) -> list[str]:
    """What does not hold, in words. ``killed``: when a site process was, by the monotonic clock: the clicks of its last second may be gone."""
    wait_until(lambda: stage.value(WORKING) == 0, "all answers have ended", REST_SECONDS)
    return [
        *questions(stage, load),
        *uploads(stage, load),
        *clicks(stage, load, killed),
        *ledgers(stage),
        *secrets(stage),
    ]


def questions(stage: Stage, load: Load) -> Iterator[str]:
    """I1, I2."""
    with psycopg.connect(stage.sites[0].settings["DATABASE_URL"]) as connection:
        rows = {
            str(pk): (state, content)
            for pk, state, content in connection.execute(
                "SELECT g.id, g.state, m.content FROM chat_generation g JOIN chat_message m ON m.id = g.message_id"
            )
        }
        doubled = connection.execute(
            "SELECT conversation_id, count(*) FROM chat_message GROUP BY conversation_id, role HAVING count(*) > 1"
        ).fetchall()
    for generation, pair in load.answers.items():
        if rows.get(generation) != ("done", pair.answer):
            yield f"I1: {generation} is {rows.get(generation)} and should be {pair.answer!r}"
    yield from (f"I2: {count} messages of one role in {pk}" for pk, count in doubled)


def uploads(stage: Stage, load: Load) -> Iterator[str]:
    """I1 of files: their rows; whether the contents are where the rows say is ``files_verify``'s to find."""
    with psycopg.connect(stage.sites[0].settings["DATABASE_URL"]) as connection:
        there = {sha256 for (sha256,) in connection.execute("SELECT blob_id FROM files_file")}
        names = connection.execute(
            "SELECT count(*), count(DISTINCT (owner_id, folder_id, name)) FROM files_file"
        ).fetchone()
    for address, sha256 in load.files.items():
        if sha256 not in there:
            yield f"I1: {address} was accepted and is not there"
    if names is not None and names[0] != names[1]:
        yield f"I2: {names[0]} files have {names[1]} names"


def clicks(stage: Stage, load: Load, killed: float | None) -> Iterator[str]:
    """Not fewer than were answered, and not more than were asked for: an answer may be lost on its way to who asked."""
    count = load.counts["redirect"]
    late = (
        []
        if killed is None
        else [moment for moment in count.accepted if killed - LOST_AT_MOST - 1 < moment < killed + 1]
    )
    least, most = (
        len(count.accepted) - len(late) + stage.clicked,
        len(count.accepted) + len(count.failed) + stage.clicked,
    )
    wait_until(lambda: stage.clicks() >= least, f"{least} clicks are recorded", REST_SECONDS)
    if not least <= (found := stage.clicks()) <= most:
        yield f"I1, I2: {found} clicks are recorded, and {least} to {most} were answered"
    stage.clicked = found


def ledgers(stage: Stage) -> Iterator[str]:
    """I3, I4."""
    reserved = stage.value("SELECT coalesce(sum(reserved), 0) FROM budgets_weeklyuse")
    held = stage.value("SELECT coalesce(sum(tokens), 0) FROM budgets_reservation")
    if reserved != held or held:
        yield f"I3: {reserved} tokens are set aside for {held} of work, and nobody works"
    if left := stage.value(HELD):
        yield f"I4: {left} jobs are held by nobody"


def secrets(stage: Stage) -> Iterator[str]:
    """I5."""
    settings = stage.sites[0].settings
    hidden = [settings["SECRET_KEY"], settings["INFERENCE_SERVER_KEY"], settings.get("S3_SECRET_ACCESS_KEY", "")]
    hidden += [person["key"] for person in stage.people] + [
        person["cookie"].partition("=")[2] for person in stage.people
    ]
    for log in (*(site.log for site in stage.sites), stage.worker.log, stage.client.home / "client.log"):
        text = log.read_text(errors="replace")
        # Of a word as short as moto's key no finding would mean anything.
        yield from (f"I5: a secret is in {log.name}" for secret in hidden if len(secret) > 12 and secret in text)
