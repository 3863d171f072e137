"""A worker: claims jobs, runs each in a thread of its own, keeps their leases alive, and takes back those of dead workers."""

import asyncio
import contextlib
import logging
import os
import socket
import threading
import uuid
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connections
from django_tasks.base import Task, TaskContext
from django_tasks.utils import get_module_path, normalize_json

from meatlizard.jobs import actions, lanes, measuring, wakeup
from meatlizard.jobs.backend import result_of, task_of
from meatlizard.jobs.models import Job
from meatlizard.ops.logs import describe, request_id
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often to look without a notice: for jobs of other processes, and those whose time comes."""

REAP_SECONDS = 10.0
CLEAR_SECONDS = 3600.0


class Worker:
    """Runs ``slots`` jobs at once until cancelled, and beside them those of queues with slots of their own; what is then still running goes
    back to the queue."""

    def __init__(self, slots: int = 1) -> None:
        self.name = f"{socket.gethostname()[:20]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._slots = {lanes.DEFAULT: slots, **{queue: lanes.slots_of(queue) for queue in lanes.lanes()}}
        self._lane: dict[uuid.UUID, str] = {}
        self._running: dict[uuid.UUID, asyncio.Future[None]] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        self._wake = asyncio.Event()
        try:
            with wakeup.jobs.listening(self._wake):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._work())
                    tasks.create_task(self._keep_leases())
                    tasks.create_task(self._every(REAP_SECONDS, actions.reap))
                    tasks.create_task(self._every(CLEAR_SECONDS, actions.clear_old))
        finally:
            if self._running:
                log.warning("jobs.given_back", extra={"jobs": len(self._running)})
                try:
                    await asyncio.shield(in_database(actions.give_back, list(self._running), self.name))
                except DatabaseTrouble:
                    # Raised from here it would take the place of the cancellation. The leases run out by themselves.
                    log.exception("jobs.database_error")

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            try:
                for lane, slots in self._slots.items():
                    while self._taken(lane) < slots and (job := await in_database(actions.claim, self.name, lane)):
                        self._start(job, lane)
            except DatabaseTrouble:
                log.exception("jobs.database_error")
            # Not wait_for: until Python 3.12 it can swallow the cancellation that ends this service.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()

    def _taken(self, lane: str) -> int:
        return sum(one == lane for one in self._lane.values())

    def _start(self, job: Job, lane: str) -> None:
        self._lane[job.pk] = lane
        self._running[job.pk] = done = in_daemon_thread(run_job, job)
        done.add_done_callback(lambda _: self._ended(job.pk))

    def _ended(self, job: uuid.UUID) -> None:
        self._running.pop(job, None)
        self._lane.pop(job, None)
        self._wake.set()

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(settings.LEASE_SECONDS / 4)
            if self._running:
                try:
                    await in_database(actions.renew, self.name, list(self._running))
                except DatabaseTrouble:
                    log.exception("jobs.database_error")

    async def _every(self, seconds: float, verb: Any) -> None:
        while True:
            try:
                await in_database(verb)
            except DatabaseTrouble:
                log.exception("jobs.database_error")
            await asyncio.sleep(min(seconds, settings.LEASE_SECONDS / 2) if verb is actions.reap else seconds)


def in_daemon_thread(function: Any, *args: Any) -> asyncio.Future[None]:
    """Runs ``function`` in a thread that does not keep the process from ending, as one of a pool would."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def call() -> None:
        try:
            function(*args)
        finally:
            connections.close_all()
            try:
                loop.call_soon_threadsafe(finish)
            except RuntimeError:
                log.info("jobs.ended_after_the_worker")

    threading.Thread(target=call, daemon=True, name=f"job {args[0].pk}").start()
    return done


def run_job(job: Job) -> None:
    """Runs a claimed job here and now, and stores what came of it."""
    close_old_connections()
    with request_id(job.trace):
        try:
            with measuring.seconds.timed(job.task):
                result = call_task(task_of(job), job)
        except Exception as error:
            log.warning(
                "job.failed", extra={"task": job.task, "job": str(job.pk), "attempt": job.attempts}, exc_info=error
            )
            outcome = "failed"
            mine = actions.fail(
                job, {"exception_class_path": get_module_path(type(error)), "traceback": describe(error)}
            )
        else:
            outcome = "done"
            mine = actions.succeed(job, result)
        measuring.ended.add(job.task, outcome if mine else "lost")
        if not mine:
            log.warning("job.lease_lost", extra={"task": job.task, "job": str(job.pk)})


def call_task(task: Task[Any, Any], job: Job) -> Any:
    context = [TaskContext(task_result=result_of(job, task))] if task.takes_context else []
    return normalize_json(task.call(*context, *job.args, **job.kwargs))
