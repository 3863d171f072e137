"""Making characters with a model's help, trying them before they are saved, and having them reviewed before others see them."""
