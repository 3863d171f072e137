"""Thumbs up and down on answers, with a reason if one likes, and what operators see of them."""
