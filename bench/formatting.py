"""What it costs to show answers formatted while they run: ``python -m bench.formatting``.

An answer of a usual kind (headings, lists, code, a table), in pieces of three characters as a model gives them. CPU of cutting it
into blocks, of rendering these one by one, and of the final rendering that there is anyway; and bytes to the page. Prints ``name value
unit`` lines.
"""

import os
import time
import zlib
from collections.abc import Callable
from uuid import UUID

SECTION = """## What a gecko needs

Geckos are **small** lizards, and *most* of them climb. They need warmth, a place to hide, and `patience`:

- a terrarium, taller than it is wide
- a lamp that makes one corner warm (32 °C), and leaves the other cool
- water, and insects at night

```python
def feed(gecko, insects):
    for insect in insects:
        if gecko.is_hungry:
            gecko.eat(insect)
```

| species | length | likes |
|---|---|---|
| leopard gecko | 20 cm | crickets |
| crested gecko | 22 cm | fruit |

They live for ten to twenty years, so that one had better think twice before bringing one home from a shop.

"""
ROUNDS = 20
PIECE = 3
EVENT_EACH = 120
"""Code points between two events: a second of a model that writes 30 tokens a second."""


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.2f} {unit}", flush=True)


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds, the best of several: other work on the machine only ever adds."""
    spent = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        spent.append(time.thread_time() - began)
    return min(spent) * 1e3


def measure(sections: int) -> None:
    from chat.formatting.blocks import render
    from chat.outbox import DEFLATE_FROM
    from meatlizard.markup import render_markdown
    from meatlizard.markup.blocks import Blocks

    text = SECTION * sections
    name, key = f"formatting.{len(text)}", UUID(int=1)

    def cut() -> list[str]:
        blocks = Blocks()
        return [block for at in range(0, len(text), PIECE) for block in blocks.feed(text[at : at + PIECE])]

    sources = cut()
    say(f"{name}.cut", cpu(cut), "ms")
    say(f"{name}.blocks", cpu(lambda: render(key, key, 0, sources)), "ms")
    say(f"{name}.final", cpu(lambda: render_markdown(text)), "ms")
    octets, waiting = 0, []
    for source in sources:
        waiting.append(source)
        if sum(map(len, waiting)) >= EVENT_EACH:
            event = render(key, key, 0, waiting).model_dump_json().encode()
            # Long events travel deflated, as chat/outbox.py has it.
            octets += len(event) if len(event) < DEFLATE_FROM else len(zlib.compress(event)) + 1
            waiting = []
    say(f"{name}.bytes_per_byte", octets / len(text.encode()), "ratio")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meatlizard.settings")
    import django

    django.setup()
    for sections in (1, 4, 16):
        measure(sections)


if __name__ == "__main__":
    main()
