"""Stand-ins for the paid providers: Beyond Presence, Deepgram and Gemini, at their wire."""
