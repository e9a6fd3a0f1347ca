"""What every store must do; tests run each check on SQLite and on Redis."""
