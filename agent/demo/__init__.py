"""`make demo`: the whole product on this machine, with stand-ins for the paid providers.

Nothing in here runs in production. The worker and the endpoint it starts are the shipped ones;
only the addresses differ. The tests use the same parts.
"""
