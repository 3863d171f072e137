from meatlizard.markup.render import render_code, render_markdown

__all__ = ["render_code", "render_markdown"]
