"""A storyboard as WebVTT: for each moment which part of which sheet shows it. Pure."""

from collections.abc import Mapping
from typing import Any


def webvtt(board: Mapping[str, Any], duration: float, mark: str) -> str:
    """``board``: as :class:`video.media.pictures.Storyboard` in JSON. Addresses are relative; ``mark`` makes them others when it is made anew."""
    lines = ["WEBVTT", ""]
    step, columns, on_sheet = board["step"], board["columns"], board["columns"] * board["rows"]
    for number in range(board["count"]):
        start = number * step
        end = max(duration if number + 1 == board["count"] else start + step, start + 0.001)
        sheet, at = divmod(number, on_sheet)
        row, column = divmod(at, columns)
        place = f"{column * board['width']},{row * board['height']},{board['width']},{board['height']}"
        lines += [f"{_time(start)} --> {_time(end)}", f"storyboard/{sheet}.jpg?{mark}#xywh={place}", ""]
    return "\n".join(lines)


def _time(seconds: float) -> str:
    whole = round(seconds * 1_000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1_000 % 60:02d}.{whole % 1_000:03d}"
