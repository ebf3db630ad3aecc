"""The ledger's tables, and how files of older versions become today's."""

from __future__ import annotations

import sqlite3

from x402_harness.ledger.entries import HOLDING, OPEN, Entry

SCHEMA_VERSION = 2

# Version 2 has what is planned, whose authorization does not exist yet, and what caps for 24 hours need.
_TABLES = f"""
CREATE TABLE purchase (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL, "case" TEXT NOT NULL, state TEXT NOT NULL,
  network TEXT NOT NULL, asset TEXT NOT NULL, symbol TEXT NOT NULL, amount TEXT NOT NULL, micros INTEGER NOT NULL,
  "authorization" TEXT, digest TEXT UNIQUE, nonce TEXT, payer TEXT, valid_before INTEGER, "transaction" TEXT,
  UNIQUE (run, "case"),
  CHECK (state IN ('{Entry.PLANNED}', '{Entry.REFUSED}') OR digest IS NOT NULL)
) STRICT;
CREATE INDEX of_run ON purchase (run, state, micros);
CREATE INDEX of_case ON purchase ("case", state);
CREATE INDEX of_day ON purchase (state, valid_before, micros);
CREATE TABLE transition (
  purchase INTEGER NOT NULL REFERENCES purchase (id), at REAL NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE INDEX of_purchase ON transition (purchase);
CREATE TRIGGER nothing_is_forgotten BEFORE DELETE ON purchase BEGIN SELECT RAISE(ABORT, 'entries stay'); END;
CREATE TRIGGER what_was_signed_stays BEFORE UPDATE ON purchase
  WHEN OLD.digest IS NOT NULL AND (OLD.digest, OLD."authorization", OLD.amount, OLD.micros, OLD.run, OLD."case")
    IS NOT (NEW.digest, NEW."authorization", NEW.amount, NEW.micros, NEW.run, NEW."case")
  BEGIN SELECT RAISE(ABORT, 'what was signed stays'); END;
CREATE TRIGGER history_is_not_forgotten BEFORE DELETE ON transition
  BEGIN SELECT RAISE(ABORT, 'history stays'); END;
CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON transition
  BEGIN SELECT RAISE(ABORT, 'history stays'); END;
"""
_FROM_1 = """
INSERT INTO purchase (id, run, "case", state, network, asset, symbol, amount, micros,
  "authorization", digest, nonce, payer, valid_before)
SELECT id, run, "case", state, network, asset, symbol, amount, micros, "authorization", digest, nonce,
  json_extract("authorization", '$.from'), CAST(json_extract("authorization", '$.validBefore') AS INTEGER)
  FROM purchase_1;
INSERT INTO transition SELECT * FROM transition_1;
DROP TABLE transition_1;
DROP TABLE purchase_1;
"""


def _listed(states: tuple[Entry, ...]) -> str:
    return ", ".join(f"'{state}'" for state in states)


# One statement: checks every cap and reserves, or does nothing. An authorization can move money until it expires, so
# what is settled leaves the 24 hours only that much after its window; what is open stays in them until it is ended.
RESERVE = f"""
INSERT INTO purchase (run, "case", state, network, asset, symbol, amount, micros,
  "authorization", digest, nonce, payer, valid_before)
SELECT :run, :case, '{Entry.RESERVED}', :network, :asset, :symbol, :amount, :micros,
  :authorization, :digest, :nonce, :payer, :valid_before
WHERE :micros <= :per_call
  AND :micros + COALESCE((SELECT SUM(micros) FROM purchase
    WHERE run = :run AND state IN ({_listed(HOLDING)})), 0) <= :per_run
  AND (:per_day IS NULL OR :micros
    + COALESCE((SELECT SUM(micros) FROM purchase WHERE state IN ({_listed(OPEN)})), 0)
    + COALESCE((SELECT SUM(micros) FROM purchase
        WHERE state = '{Entry.SETTLED}' AND valid_before > :since), 0) <= :per_day)
  AND NOT EXISTS (SELECT 1 FROM purchase WHERE "case" = :case AND state IN ({_listed(OPEN)}))
ON CONFLICT (run, "case") DO UPDATE SET state = excluded.state, network = excluded.network, asset = excluded.asset,
  symbol = excluded.symbol, amount = excluded.amount, micros = excluded.micros,
  "authorization" = excluded."authorization", digest = excluded.digest, nonce = excluded.nonce,
  payer = excluded.payer, valid_before = excluded.valid_before
  WHERE purchase.state = '{Entry.PLANNED}'
"""
STANDING_IN_THE_WAY = f"""
SELECT id, run, state FROM purchase
WHERE "case" = :case AND (state IN ({_listed(OPEN)}) OR (run = :run AND state != '{Entry.PLANNED}')) ORDER BY id
"""
HELD_BY_RUN = f"SELECT COALESCE(SUM(micros), 0) FROM purchase WHERE run = :run AND state IN ({_listed(HOLDING)})"


def version(db: sqlite3.Connection) -> int:
    """The version of the open file; 0 for a new one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Make an empty file or one of an older version today's. To be called in a transaction of its own."""
    found = version(db)
    if found == SCHEMA_VERSION:
        return
    if found == 1:
        db.execute("ALTER TABLE purchase RENAME TO purchase_1")
        db.execute("ALTER TABLE transition RENAME TO transition_1")
    _run(db, _TABLES)
    if found == 1:
        _run(db, _FROM_1)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _run(db: sqlite3.Connection, script: str) -> None:
    # Not executescript, which would end the transaction.
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
