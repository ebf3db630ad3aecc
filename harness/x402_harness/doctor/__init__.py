"""The doctor: whether what testbuy needs is here and works, tried and not only looked for.

Each room of it is a generator of :class:`~x402_harness.doctor.examining.Check`; what it needs is imported in it, so
that one that is broken is told and the others go on.
"""
