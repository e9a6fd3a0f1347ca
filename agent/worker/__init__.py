"""The worker process: the LiveKit agent server, its jobs and its health."""
