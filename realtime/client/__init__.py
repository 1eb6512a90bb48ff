"""A client of the broadcaster: connects, authenticates, subscribes, resumes, and keeps each channel's state.

Reads: the WebSocket protocol, version 1 (docs/asyncapi.yaml). Writes: nothing but its subscriptions.
Promises: the state it yields is the server's, or it asks for a snapshot. Lost on restart: the states.
"""

from realtime.client.stream import Refused, Stream, Update

__all__ = ["Refused", "Stream", "Update"]
