"""Lines of the log as files: by day, bounded, cleaned away, and searched by operators. How a line is made, :mod:`meatlizard.ops.logs` says."""
