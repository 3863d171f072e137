"""What reading a page comes to. Apart from what reads, so that the site need not load it."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Article:
    """``text`` is Markdown; ``published`` a day as 2024-05-06, or empty; ``links``: words and addresses, those of the text first."""

    title: str = ""
    text: str = ""
    published: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
