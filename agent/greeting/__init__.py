"""One greeting of one trainee in one room."""
