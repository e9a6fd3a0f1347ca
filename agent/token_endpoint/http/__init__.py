"""The HTTP layer: routes, bodies, error responses and middleware."""
