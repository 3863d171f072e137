"""What is measured: counted in each process at next to no cost, added up in the database by the minute, hour and day, and told to
Prometheus and to operators. Apps declare what they measure (:mod:`meatlizard.metrics.registry`, :mod:`meatlizard.metrics.readings`).
"""
