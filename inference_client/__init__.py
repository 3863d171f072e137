"""The program that runs models for a MeatLizard site. It stands alone: nothing here imports Django or an app."""
