"""Queueing, running, watching and cancelling runs outside the web process."""
