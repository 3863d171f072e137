"""Pages of pastes, and the small requests of their scripts."""
