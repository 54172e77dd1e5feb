-- The course: levels, sessions, problems with their tests, cheatsheets.
-- Times are microseconds since 1970 UTC.

-- Rises with each change of the content, so that every process knows when to read it anew.
CREATE TABLE content_revision (
    "only"   BIGINT PRIMARY KEY CHECK ("only" = 1),
    revision BIGINT NOT NULL
);
INSERT INTO content_revision ("only", revision) VALUES (1, 0);

CREATE TABLE levels (
    id        TEXT COLLATE "C" PRIMARY KEY,
    position  BIGINT NOT NULL,
    age_group TEXT COLLATE "C" NOT NULL CHECK (age_group IN ('11-14', '15-18')),
    number    BIGINT NOT NULL,
    title     TEXT COLLATE "C" NOT NULL,
    summary   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE course_sessions (
    id       TEXT COLLATE "C" PRIMARY KEY,
    level_id TEXT COLLATE "C" NOT NULL REFERENCES levels (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    title    TEXT COLLATE "C" NOT NULL,
    summary  TEXT COLLATE "C" NOT NULL
);

CREATE TABLE problems (
    slug                TEXT COLLATE "C" PRIMARY KEY,
    origin              TEXT COLLATE "C" NOT NULL CHECK (origin IN ('folder', 'api')),
    title               TEXT COLLATE "C" NOT NULL,
    summary             TEXT COLLATE "C" NOT NULL,
    statement           TEXT COLLATE "C" NOT NULL,
    kind                TEXT COLLATE "C" NOT NULL CHECK (kind IN ('stdin', 'function')),
    function_name       TEXT COLLATE "C" NOT NULL,
    difficulty          TEXT COLLATE "C" NOT NULL CHECK (difficulty IN ('easy', 'medium', 'hard')),
    points              BIGINT NOT NULL,
    category            TEXT COLLATE "C" NOT NULL,
    tags                TEXT COLLATE "C" NOT NULL,         -- JSON list
    starter_source      TEXT COLLATE "C" NOT NULL,
    solution_ciphertext BYTEA NOT NULL,
    checker             TEXT COLLATE "C" NOT NULL,         -- JSON object
    feedback            TEXT COLLATE "C" NOT NULL CHECK (feedback IN ('full', 'verdict_per_test', 'verdict_only')),
    wall_time_limit_ms  BIGINT,
    memory_limit_bytes  BIGINT,
    wrapped_key         BYTEA NOT NULL,         -- the problem's data key under the master key
    fingerprint         TEXT COLLATE "C" NOT NULL,         -- keyed digest of all of it, tests included
    session_id          TEXT COLLATE "C" REFERENCES course_sessions (id) ON DELETE SET NULL,
    position            BIGINT NOT NULL,      -- in the course
    update_time         BIGINT NOT NULL
);
CREATE INDEX problems_by_position ON problems (position, slug);

CREATE TABLE test_cases (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    problem             TEXT COLLATE "C" NOT NULL REFERENCES problems (slug) ON DELETE CASCADE,
    number              BIGINT NOT NULL,
    hidden              BIGINT NOT NULL CHECK (hidden IN (0, 1)),
    input_ciphertext    BYTEA NOT NULL,
    expected_ciphertext BYTEA NOT NULL,
    UNIQUE (problem, number)
);

CREATE TABLE cheatsheets (
    slug  TEXT COLLATE "C" PRIMARY KEY,
    title TEXT COLLATE "C" NOT NULL,
    body  TEXT COLLATE "C" NOT NULL
);
