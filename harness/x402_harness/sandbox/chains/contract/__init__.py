"""The sandbox's token contract: its source, its compiled code, and where it keeps what."""
