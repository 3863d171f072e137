"""The way of a click: answered ahead of Django from what the process remembers, recorded afterwards."""
