"""The node's side of the conversation with the site, without I/O."""

from inference_client.session.held import HeldGeneration
from inference_client.session.node import MAX_CODE_POINTS, MAX_HELD, Cancel, Identity, Session, Submit, Work

__all__ = ["MAX_CODE_POINTS", "MAX_HELD", "Cancel", "HeldGeneration", "Identity", "Session", "Submit", "Work"]
