"""What an operator sees of a worker and its jobs: logs, metrics, traces, health."""
