"""training-greeter: a video avatar welcomes trainees and hands over to the training video."""

__version__ = "0.1.0"
