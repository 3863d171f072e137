"""The bytes of videos on their way out: who may have which, from where, how long caches keep them, and how many went."""
