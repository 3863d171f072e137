from shortener.models.clicks import Click, ClickBatch, ClosedDay, HourCount, Salt
from shortener.models.hosts import BlockedHost, BlockList, KnownHost
from shortener.models.links import Change, ChangeCounter, Domain, Link, LinkFolder, LinkTag

__all__ = [
    "BlockList",
    "BlockedHost",
    "Change",
    "ChangeCounter",
    "Click",
    "ClickBatch",
    "ClosedDay",
    "Domain",
    "HourCount",
    "KnownHost",
    "Link",
    "LinkFolder",
    "LinkTag",
    "Salt",
]
