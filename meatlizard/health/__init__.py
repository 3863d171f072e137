"""Whether the site works, part by part, for load balancers and operators. Apps register their parts in ``ready``."""
