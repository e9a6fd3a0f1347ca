"""The commands of `python -m agent`; each module has one or two."""
