"""The audit client: sends readings, journals every attempt and its outcome, and compares the
journal with what the stores hold.

It shares no code with the host and asks the host nothing: what counts is what a client was told
and what a consumer finds. `python3 -m audit --help` for the command line.
"""
