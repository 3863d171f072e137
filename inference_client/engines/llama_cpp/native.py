"""What every use of llama.cpp begins with: its log, the model file, and where it runs. In the child process only."""

import ctypes
import os
from typing import Any, Final

import llama_cpp

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.spec import ModelSpec

_ERROR_LEVEL: Final = 4


_callbacks: list[Any] = []
"""The C library calls the last of them for as long as the process lives, whatever became of its log."""


class NativeLog:
    """Keeps llama.cpp's last complaints, so that a refusal to load can say why; passes nothing on."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.callback = llama_cpp.llama_log_callback(self._heard)
        _callbacks.append(self.callback)
        llama_cpp.llama_log_set(self.callback, ctypes.c_void_p(0))

    def reason(self, otherwise: str) -> str:
        """The first complaint."""
        return self.errors[0] if self.errors else otherwise

    def _heard(self, level: int, text: bytes, _: object) -> None:
        if level == _ERROR_LEVEL:
            self.errors = [*self.errors[-4:], text.decode("utf-8", "replace").strip()]


def load_model(spec: ModelSpec, log: NativeLog) -> llama_cpp.llama_model_p:
    """Raises EngineError ``model_unsupported``."""
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 999 if spec.gpu_layers < 0 else spec.gpu_layers
    model: llama_cpp.llama_model_p | None = llama_cpp.llama_model_load_from_file(os.fsencode(spec.path), params)
    if not model:
        detail = f"llama.cpp cannot load {spec.path.name}: {log.reason('no reason given')}"
        raise EngineError("model_unsupported", detail)
    return model


def backend() -> str:
    """Where the layers run. llama.cpp's own description of the build names its accelerators."""
    if not llama_cpp.llama_supports_gpu_offload():
        return "cpu"
    info = llama_cpp.llama_print_system_info().decode("utf-8", "replace").lower()
    return next((name for name in ("metal", "cuda", "vulkan") if name in info), "vulkan")
