"""Searching by meaning: texts become vectors (embedding), vectors are kept with whose they are (index), and what they find is
merged with what words find (hybrid). What there is to find belongs to the apps, which register it (registry).
"""
