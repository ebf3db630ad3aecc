"""Planning: what a run buys, what it costs, and what it leaves out and why."""
