"""Speech recognition, models and voices: providers and their fallbacks."""
