"""The Beyond Presence avatar: request it, send speech to it, and count its seconds."""
