"""Gemini's stand-in: a model that follows the script's questions, and a voice."""
