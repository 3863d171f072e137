"""An engine in front of llama-server, Ollama, LM Studio, vLLM, SGLang, or whatever speaks OpenAI's HTTP interface."""

from inference_client.engines.openai_compatible.engine import OpenAICompatibleEngine
from inference_client.engines.openai_compatible.spec import Timeouts, UpstreamModel, UpstreamSpec, read_api_key

__all__ = ["OpenAICompatibleEngine", "Timeouts", "UpstreamModel", "UpstreamSpec", "read_api_key"]
