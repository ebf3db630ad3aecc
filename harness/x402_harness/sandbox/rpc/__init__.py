"""The sandbox's chains as JSON-RPC, for clients that know nothing of it."""
