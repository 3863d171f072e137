"""Background jobs for operators: what runs, what failed and why. Arguments may hold people's data and are not shown."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from meatlizard.control.admin import queue
from meatlizard.jobs.lease import State
from meatlizard.jobs.models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    list_display = ["task", "state", "queue", "priority", "attempts", "created", "started", "finished", "run_after"]
    list_filter = ["state", "queue", "task", "created"]
    search_fields = ["id", "task", "trace"]
    date_hierarchy = "created"
    fields = [
        "id", "task", "queue", "priority", "state", "attempts", "workers", "trace", "created", "run_after", "started",
        "finished", "lease_owner", "lease_until", "errors",
    ]  # fmt: skip
    actions = ["try_again"]

    def get_urls(self) -> list[URLPattern]:
        """The queues of the site have their page here: this one is always among them."""
        return [path("queue/", self.admin_site.admin_view(queue.page), name="jobs_job_queue"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        # Its actions need a right; of single rows nothing is to be changed.
        return obj is None and super().has_change_permission(request)

    @admin.action(description=_("Try failed ones again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        count = queryset.filter(state=State.FAILED).update(
            state=State.QUEUED, attempts=0, finished=None, run_after=None
        )
        words = ngettext("{count} job will be tried again.", "{count} jobs will be tried again.", count)
        self.message_user(request, words.format(count=count))
