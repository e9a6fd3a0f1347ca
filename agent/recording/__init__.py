"""Recordings of greetings: made by the worker or by LiveKit's egress, kept, and deleted.

Nothing here can cost a greeting: whatever fails ends the recording, is said in the log with what to
do about it, and stands in the outcome. Nothing is recorded unless the platform says that the
trainee has consented, and RECORDING that the operator wants it.
"""
