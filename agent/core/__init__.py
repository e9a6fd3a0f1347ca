"""What every other package builds on: settings, errors, logging and domain types."""
