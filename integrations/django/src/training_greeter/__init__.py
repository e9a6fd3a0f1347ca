"""Django app for training-greeter: greet trainees with a video avatar, and store the outcomes."""
