"""The schema of a catalogue file, as the steps that lead to it: a file of version N has taken the first N.

Rows that are looked through are narrow, texts stand apart. ``facet`` has one row for each listing with what is
filtered, sorted and counted by. Listings of a catalogue share most of that, so that a row names a ``shape`` (category,
method and so on, as numbers of ``term``) and a ``payment`` (all of its offers but their payees, each a ``way`` to pay):
what holds for one of the few of these holds for all its listings. ``words`` is the full text, which holds no copy of
it, and ``spelling`` its words, each once; ``document`` the bytes of each record once, however many snapshots have it,
packed with zlib. The views say it all in words, for people with a general tool. ``page`` keeps what was fetched of
feeds.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x78343032  # "x402"
FIELDS = ("title", "address", "summary", "uses", "fields", "described")
WEIGHTS = (10.0, 5.0, 4.0, 2.0, 1.0, 0.5)  # of the fields, for bm25

_TABLES = """
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, sources TEXT NOT NULL,
  listings INTEGER NOT NULL, findings INTEGER NOT NULL
) STRICT;
CREATE TABLE dictionary (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE document (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, dictionary INTEGER NOT NULL REFERENCES dictionary (id),
  body BLOB NOT NULL
) STRICT;
CREATE TABLE listing (
  id INTEGER PRIMARY KEY, document INTEGER NOT NULL, number INTEGER NOT NULL, copy INTEGER NOT NULL, kind TEXT NOT NULL,
  slug TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL, summary TEXT NOT NULL
) STRICT;
CREATE INDEX listing_document ON listing (document, number, copy);
CREATE INDEX listing_slug ON listing (slug);
CREATE TABLE term (
  id INTEGER PRIMARY KEY, facet TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (facet, text)
) STRICT;
CREATE TABLE member (
  snapshot INTEGER NOT NULL REFERENCES snapshot (id), listing INTEGER NOT NULL REFERENCES listing (id),
  file INTEGER NOT NULL REFERENCES term (id), line INTEGER NOT NULL, "column" INTEGER NOT NULL,
  pointer TEXT NOT NULL, offset INTEGER NOT NULL,
  PRIMARY KEY (snapshot, listing)
) STRICT, WITHOUT ROWID;
CREATE TABLE facet (
  id INTEGER PRIMARY KEY REFERENCES listing (id), seen INTEGER NOT NULL, slug TEXT NOT NULL,
  category INTEGER NOT NULL, host INTEGER NOT NULL, method INTEGER NOT NULL, flag INTEGER NOT NULL,
  tier INTEGER NOT NULL, networks INTEGER NOT NULL, answers INTEGER NOT NULL, price TEXT, ratio REAL
) STRICT;
CREATE TABLE offer (
  listing INTEGER NOT NULL REFERENCES listing (id), number INTEGER NOT NULL, network INTEGER NOT NULL,
  asset INTEGER NOT NULL, symbol INTEGER NOT NULL, scheme INTEGER NOT NULL, amount TEXT NOT NULL, price TEXT,
  pay_to TEXT NOT NULL,
  PRIMARY KEY (listing, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE tally (
  snapshot INTEGER NOT NULL REFERENCES snapshot (id), facet TEXT NOT NULL, value TEXT NOT NULL,
  listings INTEGER NOT NULL,
  PRIMARY KEY (snapshot, facet, value)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
  title, address, summary, uses, fields, described, content='', tokenize='ascii', prefix='3'
);
INSERT INTO words (words, rank) VALUES ('hashsize', 16777216);
"""

_VIEWS = """
CREATE VIEW latest_listings AS
SELECT l.slug, l.title, c.text AS category, h.text AS host, m.text AS method, l.url,
  CAST(substr(f.price, 3) AS REAL) AS cheapest_price_usd, n.text AS networks, g.text AS price_flag,
  f.ratio AS declared_price_ratio, t.text AS trust_tier, f.answers AS declares_output, l.summary, f.id AS listing
FROM facet f JOIN listing l ON l.id = f.id JOIN term c ON c.id = f.category JOIN term h ON h.id = f.host
JOIN term m ON m.id = f.method JOIN term n ON n.id = f.networks JOIN term g ON g.id = f.flag
JOIN term t ON t.id = f.tier
WHERE f.seen = (SELECT max(id) FROM snapshot);
CREATE VIEW latest_offers AS
SELECT l.slug, o.number AS offer, s.text AS scheme, n.text AS network, a.text AS asset_address,
  y.text AS asset_symbol, o.amount AS amount_atomic, CAST(substr(o.price, 3) AS REAL) AS price_usd, o.pay_to,
  o.listing
FROM offer o JOIN facet f ON f.id = o.listing JOIN listing l ON l.id = o.listing JOIN term s ON s.id = o.scheme
JOIN term n ON n.id = o.network JOIN term a ON a.id = o.asset JOIN term y ON y.id = o.symbol
WHERE f.seen = (SELECT max(id) FROM snapshot);
CREATE VIEW snapshots AS
SELECT id AS snapshot, datetime(at, 'unixepoch') AS taken_at_utc, listings, findings, sources FROM snapshot;
CREATE VIEW listing_history AS
SELECT l.slug, m.snapshot, datetime(s.at, 'unixepoch') AS taken_at_utc, CAST(substr(f.price, 3) AS REAL)
  AS cheapest_price_usd, t.text AS file, m.line, m.pointer, m.listing
FROM member m JOIN snapshot s ON s.id = m.snapshot JOIN listing l ON l.id = m.listing
JOIN facet f ON f.id = m.listing JOIN term t ON t.id = m.file;
"""

_PAGES = """
CREATE TABLE page (
  feed TEXT NOT NULL, number INTEGER NOT NULL, url TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL,
  at REAL NOT NULL, pending INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (feed, number)
) STRICT;
"""

# From here on views and facets are those of the latest step; the first three are what files of their time have.
_SHARED = """
DROP VIEW latest_listings;
DROP VIEW latest_offers;
DROP VIEW listing_history;
ALTER TABLE facet RENAME TO earlier;
CREATE TABLE shape (
  id INTEGER PRIMARY KEY, category INTEGER NOT NULL, method INTEGER NOT NULL, flag INTEGER NOT NULL,
  tier INTEGER NOT NULL, answers INTEGER NOT NULL, UNIQUE (category, method, flag, tier, answers)
) STRICT;
CREATE TABLE payment (id INTEGER PRIMARY KEY, ways TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE way (
  payment INTEGER NOT NULL REFERENCES payment (id), number INTEGER NOT NULL, network INTEGER NOT NULL,
  asset INTEGER NOT NULL, symbol INTEGER NOT NULL, scheme INTEGER NOT NULL, amount TEXT NOT NULL, price TEXT,
  PRIMARY KEY (payment, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE payee (
  listing INTEGER NOT NULL REFERENCES listing (id), number INTEGER NOT NULL, pay_to TEXT NOT NULL,
  PRIMARY KEY (listing, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE facet (
  id INTEGER PRIMARY KEY REFERENCES listing (id), seen INTEGER NOT NULL, host INTEGER NOT NULL,
  shape INTEGER NOT NULL REFERENCES shape (id), payment INTEGER NOT NULL REFERENCES payment (id), price TEXT,
  ratio REAL, slug TEXT NOT NULL
) STRICT;
INSERT INTO shape (category, method, flag, tier, answers)
  SELECT DISTINCT category, method, flag, tier, answers FROM earlier;
CREATE TABLE asked (listing INTEGER PRIMARY KEY, ways TEXT NOT NULL) STRICT;
INSERT INTO asked SELECT listing, json_group_array(json(way)) FROM (
  SELECT listing, json_array(network, asset, symbol, scheme, amount, price) AS way FROM offer ORDER BY listing, number
) GROUP BY listing;
INSERT OR IGNORE INTO asked SELECT id, '[]' FROM earlier;
INSERT INTO payment (ways) SELECT DISTINCT ways FROM asked;
INSERT INTO way SELECT p.id, e.key, json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'),
  json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]'), json_extract(e.value, '$[4]'),
  json_extract(e.value, '$[5]') FROM payment p, json_each(p.ways) e;
INSERT INTO payee SELECT listing, number, pay_to FROM offer;
INSERT INTO facet SELECT e.id, e.seen, e.host, s.id, p.id, e.price, e.ratio, e.slug FROM earlier e
  JOIN shape s ON (s.category, s.method, s.flag, s.tier, s.answers) = (e.category, e.method, e.flag, e.tier, e.answers)
  JOIN asked a ON a.listing = e.id JOIN payment p ON p.ways = a.ways ORDER BY e.id;
DROP TABLE asked;
DROP TABLE earlier;
DROP TABLE offer;
DELETE FROM term WHERE facet = 'networks';
CREATE VIEW latest_listings AS
SELECT l.slug, l.title, c.text AS category, h.text AS host, m.text AS method, l.url,
  CAST(substr(f.price, 3) AS REAL) AS cheapest_price_usd,
  (SELECT coalesce(group_concat(name, ' '), '') FROM (
    SELECT DISTINCT n.text AS name FROM way w JOIN term n ON n.id = w.network WHERE w.payment = f.payment ORDER BY name
  )) AS networks,
  g.text AS price_flag, f.ratio AS declared_price_ratio, t.text AS trust_tier, s.answers AS declares_output, l.summary,
  f.id AS listing
FROM facet f JOIN listing l ON l.id = f.id JOIN shape s ON s.id = f.shape JOIN term c ON c.id = s.category
JOIN term h ON h.id = f.host JOIN term m ON m.id = s.method JOIN term g ON g.id = s.flag JOIN term t ON t.id = s.tier
WHERE f.seen = (SELECT max(id) FROM snapshot);
CREATE VIEW latest_offers AS
SELECT l.slug, w.number AS offer, s.text AS scheme, n.text AS network, a.text AS asset_address,
  y.text AS asset_symbol, w.amount AS amount_atomic, CAST(substr(w.price, 3) AS REAL) AS price_usd, p.pay_to,
  f.id AS listing
FROM facet f JOIN listing l ON l.id = f.id JOIN way w ON w.payment = f.payment
JOIN payee p ON p.listing = f.id AND p.number = w.number JOIN term s ON s.id = w.scheme
JOIN term n ON n.id = w.network JOIN term a ON a.id = w.asset JOIN term y ON y.id = w.symbol
WHERE f.seen = (SELECT max(id) FROM snapshot);
CREATE VIEW listing_history AS
SELECT l.slug, m.snapshot, datetime(s.at, 'unixepoch') AS taken_at_utc, CAST(substr(f.price, 3) AS REAL)
  AS cheapest_price_usd, t.text AS file, m.line, m.pointer, m.listing
FROM member m JOIN snapshot s ON s.id = m.snapshot JOIN listing l ON l.id = m.listing
JOIN facet f ON f.id = m.listing JOIN term t ON t.id = m.file;
"""

# A word of the full text costs as much as the list of where it stands: to look through all of them, they stand apart.
_SPELLING = """
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
CREATE TABLE spelling (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO spelling SELECT term FROM vocabulary WHERE term GLOB '*[^0-9]*'
"""

STEPS = (_TABLES, _VIEWS, _PAGES, _SHARED, _SPELLING)


class StoreError(Exception):
    """A catalogue file that cannot be used; the message says why and what to do."""


def version(db: sqlite3.Connection) -> int:
    """The schema version of an open file, 0 for an empty one. Raises :class:`StoreError` for another program's."""
    try:
        (mark,) = db.execute("PRAGMA application_id").fetchone()
        (found,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreError(f"it cannot be read as a catalogue file: {error}") from error
    if mark != APPLICATION_ID and (mark or found or tables):
        raise StoreError("it is a database of another program")
    if found > len(STEPS):
        raise StoreError(f"it is of version {found}, this program reads up to {len(STEPS)}")
    return int(found)


def migrate(db: sqlite3.Connection) -> None:
    """Take the steps that are missing, all of them or none. The connection must be in no transaction."""
    if version(db) == len(STEPS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in STEPS[version(db) :]:
            for statement in step.split(";\n"):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(STEPS)}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
