"""What is run by a word after `python -m agent`: each module is one command, or two."""
