"""What the people of the scene talk about."""

CONVERSATIONS = [
    "Lizards of the warm wall", "Letter to the housing office", "A script that renames photographs", "What to sow in March",
    "Explain the Fourier transform", "Names for a tortoise", "Why bread does not rise", "A week in Trieste with children",
    "Regular expressions for dates", "How heat pumps work", "A toast for Ruth and Ben", "Old maps of the valley",
]  # fmt: skip

_CODE = """Here is a script that keeps the time of day in each name:

```python
from pathlib import Path

for number, photo in enumerate(sorted(Path("photos").glob("*.jpg")), 1):
    photo.rename(photo.with_name(f"{number:04}-{photo.name}"))
```

Run it in a **copy** of the folder first."""

_TABLE = """Three that you may meet on a warm wall:

| species | length | active |
| --- | ---: | --- |
| wall lizard | 20 cm | March to October |
| sand lizard | 22 cm | April to September |
| Moorish gecko | 15 cm | at night |

- [x] leave dry stones in the sun
- [ ] let a corner of the meadow stand

> Do not feed them: they find more than you think."""

_MATH = """A lizard warms up along $T(t) = T_\\infty + (T_0 - T_\\infty)\\,e^{-kt}$, so half of the difference is gone after

$$t_{1/2} = \\frac{\\ln 2}{k}.$$

With $k = 0.1$ per minute that is about **seven minutes**.[^1]

[^1]: Measured on stones, not on lizards."""

TURNS: list[tuple[str, str, str]] = [
    (
        "Which lizards live on a sunny wall in the south of the Alps?",
        "The question is about species of walls; three are common.",
        _TABLE,
    ),
    ("How long do they need to get warm in the morning?", "Newton's law of cooling, turned around.", _MATH),
    ("I have 400 photographs of them. How do I number the files?", "", _CODE),
]
