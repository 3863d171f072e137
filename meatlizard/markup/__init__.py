from meatlizard.markup.render import render_markdown

__all__ = ["render_markdown"]
