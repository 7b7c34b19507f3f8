-- One row: what the hub knows of itself.
CREATE TABLE hub (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    boot        INTEGER NOT NULL,
    watermark   INTEGER NOT NULL,
    next_no     INTEGER NOT NULL,
    next_seq    INTEGER NOT NULL,
    next_letter INTEGER NOT NULL,
    sum         BLOB NOT NULL
) STRICT;

-- The history of all instances in order of commit. The rows of one instance are found backwards, by `prev`.
CREATE TABLE log (
    seq  INTEGER PRIMARY KEY,
    no   INTEGER NOT NULL,
    prev INTEGER,
    sum  BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- The index of instances. It trails the log: rows of the log above hub.watermark may not be reflected in it.
CREATE TABLE instances (
    no            INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    component     BLOB NOT NULL,
    parent        TEXT,
    execution     INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    first         INTEGER NOT NULL,
    last          INTEGER NOT NULL,
    last_sum      BLOB NOT NULL,
    events        INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    open_tasks    INTEGER NOT NULL,
    wake_at       INTEGER,
    custom_status BLOB,
    sum           BLOB NOT NULL
) STRICT;

-- Whom recovery has to look at, so that a million finished instances cost nothing: 0 is Running, 4 Pending, 5 Suspended.
CREATE INDEX unfinished ON instances (no) WHERE status IN (0, 4, 5) AND (open_tasks > 0 OR wake_at IS NOT NULL);

-- Instances whose history was found damaged above the watermark; what `instances` says of them is too old to be used.
CREATE TABLE held (
    no   INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- Letters between instances, from the commit that posts one to the commit that takes it.
CREATE TABLE letters (
    no   INTEGER PRIMARY KEY,
    sum  BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- Every component that was ever deployed, with its catalogue as JSON.
CREATE TABLE components (
    digest    BLOB PRIMARY KEY,
    added_at  INTEGER NOT NULL,
    functions TEXT NOT NULL,
    sum       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Which component new instances and tasks of a function get. Names are in lower case.
CREATE TABLE deployments (
    kind   TEXT NOT NULL,
    name   TEXT NOT NULL,
    digest BLOB NOT NULL,
    at     INTEGER NOT NULL,
    sum    BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
