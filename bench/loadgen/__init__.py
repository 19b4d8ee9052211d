"""Load on a running host: bodies, wrk, what the processes took, and the host's own ledger."""
