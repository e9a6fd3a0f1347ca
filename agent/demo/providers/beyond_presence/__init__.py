"""Beyond Presence's stand-in: the sessions API, and avatars that join the LiveKit room."""
