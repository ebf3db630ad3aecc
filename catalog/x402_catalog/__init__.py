"""What is known about x402 listings: reading them, judging them, and the claims that they make.

Nothing here knows of purchases, and nothing opens a socket.
"""

from x402_catalog.__about__ import __version__

__all__ = ["__version__"]
