"""The Beyond Presence avatar: request it, send speech to it, and notice if it plays nothing."""
