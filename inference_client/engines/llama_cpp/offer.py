"""What is known of a model before it is loaded, from its files' headers and its owner's words."""

from inference_client.engines.llama_cpp import formats, kinds, template
from inference_client.engines.llama_cpp.gguf import GgufFile
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ModelInfo


def describe(spec: ModelSpec, files: list[GgufFile]) -> ModelInfo:
    """The offer of a model that is not in memory yet. Raises EngineError ``template_missing``."""
    first = files[0]
    own = first.metadata.get("tokenizer.chat_template", "")
    form = formats.of(template.source(spec.chat_template, str(own)), spec.thinking)
    chats = spec.kind == "chat"
    return ModelInfo(
        alias=spec.alias,
        context_length=spec.context,
        slots=spec.slots,
        quantisation=first.quantisation,
        size_bytes=sum(file.size for file in files),
        parameters=sum(file.parameters for file in files),
        loaded=False,
        kind=spec.kind,
        dimensions=kinds.dimensions(spec, first),
        vision=spec.mmproj is not None,
        tools=chats and (form.tools if spec.tools is None else spec.tools),
        thinking=form.thinking if chats else "none",
    )
