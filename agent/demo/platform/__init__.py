"""The demo's training platform: registration form, greeting page, video page and webhook."""
