"""Repairs: what can be mended in a listing without a guess, and the surgery that changes nothing else in its text.

A repair is certain where the rule that found the fault leaves one value: a copy is made again from what it is a copy
of, a number is computed again, a value gets the one spelling or the one JSON type that it can have. Everything else
is left to a person. :mod:`.menders` knows the rules, :mod:`.mending` repeats them until nothing is left to mend,
:mod:`.surgery` changes the text, :mod:`.diff` and :mod:`.patches` show the change, :mod:`.files` reads and writes.
"""

from x402_catalog.repairs.menders import MENDED, repairs
from x402_catalog.repairs.mending import mend
from x402_catalog.repairs.repair import Repair

__all__ = ["MENDED", "Repair", "mend", "repairs"]
