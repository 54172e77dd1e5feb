-- Programs run and programs graded. Times are microseconds since 1970 UTC.
--
-- attempt counts how often a worker took the row, and is the condition of every write of its
-- result; loss_count counts how often the runner was lost. A deleted submission keeps its row,
-- without content, until it is old.

CREATE TABLE runs (
    id            TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    call_id       TEXT NOT NULL,               -- names the run in logs and traces
    state         TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
    attempt       INTEGER NOT NULL DEFAULT 0,
    loss_count    INTEGER NOT NULL DEFAULT 0,
    program       BLOB NOT NULL,               -- JSON
    stdin         BLOB NOT NULL,
    interactive   INTEGER NOT NULL CHECK (interactive IN (0, 1)),
    outcome       TEXT,
    exit_code     INTEGER,
    signal        INTEGER,
    usage         TEXT,                        -- JSON
    compile_error TEXT,                        -- JSON
    stdout        BLOB NOT NULL DEFAULT x'',
    stderr        BLOB NOT NULL DEFAULT x'',
    output_order  TEXT NOT NULL DEFAULT '[]',  -- JSON list of lengths, those of stderr negative
    create_time   INTEGER NOT NULL,
    start_time    INTEGER,
    finish_time   INTEGER,
    CHECK ((state = 'finished') = (outcome IS NOT NULL)),
    CHECK ((state = 'finished') = (finish_time IS NOT NULL))
) STRICT;
CREATE INDEX runs_by_user ON runs (user_id, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'finished';
CREATE INDEX runs_by_finish_time ON runs (finish_time) WHERE state = 'finished';

CREATE TABLE submissions (
    id                TEXT PRIMARY KEY,
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem           TEXT NOT NULL,           -- slug, without a reference: submissions stay
    call_id           TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
    deleted           INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    attempt           INTEGER NOT NULL DEFAULT 0,
    loss_count        INTEGER NOT NULL DEFAULT 0,
    program           BLOB NOT NULL,           -- JSON
    feedback          TEXT NOT NULL CHECK (feedback IN ('full', 'verdict_per_test', 'verdict_only')),
    verdict           TEXT,
    test_results      TEXT NOT NULL DEFAULT '[]', -- JSON, hidden tests already reduced
    passed_test_count INTEGER NOT NULL DEFAULT 0,
    test_count        INTEGER NOT NULL,
    points            INTEGER NOT NULL DEFAULT 0,
    compile_error     TEXT,                    -- JSON
    create_time       INTEGER NOT NULL,
    start_time        INTEGER,
    finish_time       INTEGER,
    CHECK ((state = 'finished') = (verdict IS NOT NULL)),
    CHECK ((state = 'finished') = (finish_time IS NOT NULL))
) STRICT;
CREATE INDEX submissions_by_user ON submissions (user_id, id);
CREATE INDEX submissions_by_problem ON submissions (user_id, problem, id);
CREATE INDEX submissions_unfinished ON submissions (id) WHERE state <> 'finished';
CREATE INDEX submissions_by_finish_time ON submissions (finish_time) WHERE state = 'finished';
