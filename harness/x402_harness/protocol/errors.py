"""Errors of the protocol, which always say whose fault they are.

::

    ProtocolError
    ├── LocalProtocolError     we asked for a step that the state does not allow, or built a message that is none
    └── RemoteProtocolError    they sent what the specification does not allow; ``leg`` and ``pointer`` say where
"""

from __future__ import annotations


class ProtocolError(Exception):
    """Somebody broke the protocol."""


class LocalProtocolError(ProtocolError):
    """We did."""


class RemoteProtocolError(ProtocolError):
    """They did: ``message`` says how, ``place`` in which part of the message, ``pointer`` where in its JSON."""

    def __init__(self, message: str, *, place: str = "", pointer: str = "", observed: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.pointer = pointer
        self.observed = observed
