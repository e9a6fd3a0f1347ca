"""training-greeter: meets every trainee face to face, then lets them go on to their video."""
