"""Lengths of videos, as they are written for people and for programs."""


def clock(duration: float | None) -> str:
    """``0:07``, ``12:30``, ``1:02:03``; empty where it is not known."""
    if duration is None:
        return ""
    minutes, rest = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def iso(duration: float) -> str:
    """By ISO 8601, as schema.org asks for: ``PT1H2M3S``."""
    minutes, rest = divmod(max(0, round(duration)), 60)
    hours, minutes = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{rest}S"
