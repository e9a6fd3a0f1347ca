"""The Beyond Presence avatar: asked for, spoken through, and counted by its seconds."""
