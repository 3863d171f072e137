"""A video within pages of other sites, and what players of every page ask for anew."""
