"""Fakes of livekit-agents' own seams; the providers' stand-ins, at their wire, are `agent.demo`."""
