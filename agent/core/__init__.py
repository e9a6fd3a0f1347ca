"""Settings, errors, logging and domain types that every other package uses."""
