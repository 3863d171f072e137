"""The program that runs models for a MeatLizard site. It stands alone: nothing here imports Django or an app."""

from typing import Final

__version__: Final = "0.1.0"
