"""The sandbox: sellers made from listings, a facilitator and chains, all on this machine."""
