"""One text to HTML, whatever it is."""

from collections.abc import Iterator

from meatlizard.markup import render_markdown, tables
from meatlizard.rendering import code, notebooks, trees

MARKDOWN = 500_000
"""Characters. Longer ones are shown as they are written."""

PROSE, TABLE, TREE, NOTEBOOK, LINES = "prose", "table", "tree", "notebook", "lines"
"""What the pieces are of: the page puts a frame around them that belongs to the kind."""


def render(text: str, format: str, mark: str) -> tuple[str, Iterator[str]]:
    """Kind and pieces. What is not what it says it is, is shown as text."""
    try:
        if format == "markdown" and len(text) <= MARKDOWN:
            return PROSE, iter([render_markdown(text, mark)])
        if format in ("csv", "tsv"):
            return TABLE, iter(list(tables.table(text, "\t" if format == "tsv" else None)))
        if format == "json":
            return TREE, iter([trees.tree(text)])
        if format == "notebook":
            return NOTEBOOK, iter([notebooks.notebook(text, mark)])
    except ValueError:
        format = "json" if format in ("json", "notebook") else "text"
    if format in ("text", "csv", "tsv", ""):
        return LINES, code.plain(text, mark)
    try:
        return LINES, code.highlighted(text, format, mark)
    except LookupError:
        return LINES, code.plain(text, mark)
