"""A model's chat template: where it comes from, and filling it."""

from pathlib import Path
from typing import Any, Final

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.turns import Turns

CHATML: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For a file without a template, as llama.cpp does."""

_MOST: Final = 1024 * 1024


def source(override: str, own: str) -> str:
    """The template's text: ``override`` (a template, or the path of a file that holds one) or the model's own.

    Raises EngineError ``template_missing``.
    """
    if not override:
        return own or CHATML
    if "{" in override or "\n" in override:
        return override
    path = Path(override).expanduser()
    try:
        with path.open("rb") as file:
            return file.read(_MOST).decode("utf-8")
    except OSError as problem:
        detail = f"the chat template {path} cannot be read: {problem.strerror}; check chat_template"
    except UnicodeDecodeError:
        detail = f"the chat template {path} is no UTF-8 text; check chat_template"
    raise EngineError("template_missing", detail)


class ChatTemplate:
    """Raises EngineError ``template_invalid`` for a text that is no Jinja template."""

    def __init__(self, text: str, *, bos: str, eos: str) -> None:
        # Imported here: the program's parent process never loads the native library.
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self.text = text
        try:
            self._formatter = Jinja2ChatFormatter(template=text, eos_token=eos, bos_token=bos)
        except Exception as problem:
            line = getattr(problem, "lineno", None)
            where = f" in line {line}" if line else ""
            raise EngineError(
                "template_invalid",
                f"the chat template has a mistake{where} ({type(problem).__name__}); correct it, or leave chat_template "
                "out to use the model's own",
            ) from None

    def render(self, turns: Turns, **options: Any) -> str:
        """The conversation as the model reads it. Raises whatever the template does."""
        return str(self._formatter(messages=list(turns), **options).prompt)  # type: ignore[arg-type]
