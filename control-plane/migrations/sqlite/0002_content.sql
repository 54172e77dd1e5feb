-- The course: levels, sessions, problems with their tests, cheatsheets.
-- Times are microseconds since 1970 UTC.

-- Rises with each change of the content, so that every process knows when to read it anew.
CREATE TABLE content_revision (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO content_revision (only, revision) VALUES (1, 0);

CREATE TABLE levels (
    id        TEXT PRIMARY KEY,
    position  INTEGER NOT NULL,
    age_group TEXT NOT NULL CHECK (age_group IN ('11-14', '15-18')),
    number    INTEGER NOT NULL,
    title     TEXT NOT NULL,
    summary   TEXT NOT NULL
) STRICT;

CREATE TABLE course_sessions (
    id       TEXT PRIMARY KEY,
    level_id TEXT NOT NULL REFERENCES levels (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    title    TEXT NOT NULL,
    summary  TEXT NOT NULL
) STRICT;

CREATE TABLE problems (
    slug                TEXT PRIMARY KEY,
    origin              TEXT NOT NULL CHECK (origin IN ('folder', 'api')),
    title               TEXT NOT NULL,
    summary             TEXT NOT NULL,
    statement           TEXT NOT NULL,
    kind                TEXT NOT NULL CHECK (kind IN ('stdin', 'function')),
    function_name       TEXT NOT NULL,
    difficulty          TEXT NOT NULL CHECK (difficulty IN ('easy', 'medium', 'hard')),
    points              INTEGER NOT NULL,
    category            TEXT NOT NULL,
    tags                TEXT NOT NULL,         -- JSON list
    starter_source      TEXT NOT NULL,
    solution_ciphertext BLOB NOT NULL,
    checker             TEXT NOT NULL,         -- JSON object
    feedback            TEXT NOT NULL CHECK (feedback IN ('full', 'verdict_per_test', 'verdict_only')),
    wall_time_limit_ms  INTEGER,
    memory_limit_bytes  INTEGER,
    wrapped_key         BLOB NOT NULL,         -- the problem's data key under the master key
    fingerprint         TEXT NOT NULL,         -- keyed digest of all of it, tests included
    session_id          TEXT REFERENCES course_sessions (id) ON DELETE SET NULL,
    position            INTEGER NOT NULL,      -- in the course
    update_time         INTEGER NOT NULL
) STRICT;
CREATE INDEX problems_by_position ON problems (position, slug);

CREATE TABLE test_cases (
    id                  TEXT PRIMARY KEY,
    problem             TEXT NOT NULL REFERENCES problems (slug) ON DELETE CASCADE,
    number              INTEGER NOT NULL,
    hidden              INTEGER NOT NULL CHECK (hidden IN (0, 1)),
    input_ciphertext    BLOB NOT NULL,
    expected_ciphertext BLOB NOT NULL,
    UNIQUE (problem, number)
) STRICT;

CREATE TABLE cheatsheets (
    slug  TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    body  TEXT NOT NULL
) STRICT;
