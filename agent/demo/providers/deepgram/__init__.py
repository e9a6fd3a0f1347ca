"""Deepgram's stand-in: speech recognition and voices that run on this machine."""
