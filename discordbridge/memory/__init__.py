"""What is remembered of channels: kept as it stands on Discord, searched, and told to models where that is switched on."""
