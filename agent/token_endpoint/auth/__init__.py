"""Who calls the endpoint: API keys, platform JWTs and room tokens."""
