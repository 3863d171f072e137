"""Doors of programs: our own API, and the parts of Shlink's and YOURLS' that their clients use."""
