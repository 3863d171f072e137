"""Videos to keep: one size of the pictures and all sound in one MP4, joined when somebody asks for it, and kept for a while."""
