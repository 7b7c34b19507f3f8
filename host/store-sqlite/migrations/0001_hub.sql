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

-- The index of instances, entities among them: their ids begin with '@'. It trails the log: rows of the log above hub.watermark may not be reflected in it.
CREATE TABLE instances (
    no            INTEGER PRIMARY KEY,
    id            TEXT NOT NULL,
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

CREATE UNIQUE INDEX by_id ON instances (id);

-- Lists are of one kind, in order of numbers.
CREATE INDEX orchestrations ON instances (no) WHERE substr(id, 1, 1) <> '@';
CREATE INDEX entities ON instances (no) WHERE substr(id, 1, 1) = '@';

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

-- Who refers to which blob: kind 0 is an instance, 1 a letter. A blob is looked up by either half of its digest, and what
-- does not fit its checksum is not deleted: damage may keep a blob for too long, and takes none away.
CREATE TABLE blob_refs (
    kind   INTEGER NOT NULL,
    no     INTEGER NOT NULL,
    digest BLOB NOT NULL,
    sum    BLOB NOT NULL,
    PRIMARY KEY (kind, no, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_by_first_half ON blob_refs (substr(digest, 1, 16));
CREATE INDEX blob_by_second_half ON blob_refs (substr(digest, 17));

-- What triggers have handled. Numbers are stored with their highest bit flipped, which keeps their order.
CREATE TABLE marks (
    source TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    sum    BLOB NOT NULL,
    PRIMARY KEY (source, seq)
) STRICT, WITHOUT ROWID;

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

-- What the manifest of a component says of its triggers and grants, as JSON that only its reader understands. The latest
-- under a name counts.
CREATE TABLE bindings (
    name   TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    at     INTEGER NOT NULL,
    text   TEXT NOT NULL,
    sum    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
