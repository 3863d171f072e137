"""The live view of a running client in its owner's terminal."""

from inference_client.view.screen import shown

__all__ = ["shown"]
