"""Pages of the administration for what operators change of the running site."""

from meatlizard.control.admin import announcements, services, settings

__all__ = ["announcements", "services", "settings"]
