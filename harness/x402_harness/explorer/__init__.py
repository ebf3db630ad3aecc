"""The explorer: web pages over a catalogue file, for a browser on the same machine.

:func:`explorer` makes the application; a :class:`Guard` around it answers only to who has the token. Every page has a
``.json`` twin for the same query string. Nothing is bought, nothing is written, no other host is spoken to, and no page
needs a script.
"""

from __future__ import annotations

from x402_harness.explorer.app import explorer
from x402_harness.explorer.guard import Guard
from x402_harness.explorer.shelf import Shelf

__all__ = ["Guard", "Shelf", "explorer"]
