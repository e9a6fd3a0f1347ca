"""Settings, errors, logging and records that every other package uses."""
