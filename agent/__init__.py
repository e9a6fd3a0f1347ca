"""training-greeter: a video avatar welcomes trainees and hands over to the training video."""
