"""What records a greeting: outcome, page attributes, metrics, timeline and log. Observers change
nothing about the conversation."""
