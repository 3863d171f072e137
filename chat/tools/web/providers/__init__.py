"""Services that search the web, each by its documented interface."""
