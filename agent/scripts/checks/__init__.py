"""The checks of `python -m agent prompts check`: of folders, files, filled scripts and wording."""
