"""Below ``/rest/v3/``."""

from django.urls import path

from shortener.api import shlink
from shortener.api.shlink import by_method

app_name = "shlink"

READ, WRITE = "links:read", "links:write"

urlpatterns = [
    path("health", shlink.health, name="health"),
    path("short-urls", by_method(GET=(READ, shlink.list_links), POST=(WRITE, shlink.create)), name="links"),
    path("short-urls/<path:code>/visits", by_method(GET=(READ, shlink.visits)), name="visits"),
    path(
        "short-urls/<path:code>/redirect-rules",
        by_method(GET=(READ, shlink.read_rules), POST=(WRITE, shlink.set_rules)),
        name="rules",
    ),
    path(
        "short-urls/<path:code>",
        by_method(GET=(READ, shlink.read), PATCH=(WRITE, shlink.edit), DELETE=(WRITE, shlink.delete)),
        name="link",
    ),
    path("visits", by_method(GET=(READ, shlink.overview)), name="overview"),
    path(
        "tags",
        by_method(GET=(READ, shlink.list_tags), PUT=(WRITE, shlink.rename_tag), DELETE=(WRITE, shlink.delete_tags)),
        name="tags",
    ),
    path("tags/stats", by_method(GET=(READ, shlink.tag_statistics)), name="tag-statistics"),
    path("visits/non-orphan", by_method(GET=(READ, shlink.all_visits)), name="all-visits"),
    path(
        "visits/orphan",
        by_method(GET=(READ, shlink.orphan_visits), DELETE=(WRITE, shlink.forget_orphan_visits)),
        name="orphan-visits",
    ),
    path("tags/<str:tag>/visits", by_method(GET=(READ, shlink.tag_visits)), name="tag-visits"),
    path("domains/<str:domain>/visits", by_method(GET=(READ, shlink.domain_visits)), name="domain-visits"),
    path("domains", by_method(GET=(READ, shlink.list_domains)), name="domains"),
]
