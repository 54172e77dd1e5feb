-- Programs run and programs graded. Times are microseconds since 1970 UTC.
--
-- attempt counts how often a worker took the row, and is the condition of every write of its
-- result; loss_count counts how often the runner was lost. A deleted submission keeps its row,
-- without content, until it is old.

CREATE TABLE runs (
    id            TEXT COLLATE "C" PRIMARY KEY,
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    call_id       TEXT COLLATE "C" NOT NULL,               -- names the run in logs and traces
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
    attempt       BIGINT NOT NULL DEFAULT 0,
    loss_count    BIGINT NOT NULL DEFAULT 0,
    program       BYTEA NOT NULL,               -- JSON
    stdin         BYTEA NOT NULL,
    interactive   BIGINT NOT NULL CHECK (interactive IN (0, 1)),
    outcome       TEXT COLLATE "C",
    exit_code     BIGINT,
    signal        BIGINT,
    usage         TEXT COLLATE "C",                        -- JSON
    compile_error TEXT COLLATE "C",                        -- JSON
    stdout        BYTEA NOT NULL DEFAULT '\x',
    stderr        BYTEA NOT NULL DEFAULT '\x',
    output_order  TEXT COLLATE "C" NOT NULL DEFAULT '[]',  -- JSON list of lengths, those of stderr negative
    create_time   BIGINT NOT NULL,
    start_time    BIGINT,
    finish_time   BIGINT,
    CHECK ((state = 'finished') = (outcome IS NOT NULL)),
    CHECK ((state = 'finished') = (finish_time IS NOT NULL))
);
CREATE INDEX runs_by_user ON runs (user_id, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'finished';
CREATE INDEX runs_by_finish_time ON runs (finish_time) WHERE state = 'finished';

CREATE TABLE submissions (
    id                TEXT COLLATE "C" PRIMARY KEY,
    user_id           TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem           TEXT COLLATE "C" NOT NULL,           -- slug, without a reference: submissions stay
    call_id           TEXT COLLATE "C" NOT NULL,
    state             TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
    deleted           BIGINT NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    attempt           BIGINT NOT NULL DEFAULT 0,
    loss_count        BIGINT NOT NULL DEFAULT 0,
    program           BYTEA NOT NULL,           -- JSON
    feedback          TEXT COLLATE "C" NOT NULL CHECK (feedback IN ('full', 'verdict_per_test', 'verdict_only')),
    verdict           TEXT COLLATE "C",
    test_results      TEXT COLLATE "C" NOT NULL DEFAULT '[]', -- JSON, hidden tests already reduced
    passed_test_count BIGINT NOT NULL DEFAULT 0,
    test_count        BIGINT NOT NULL,
    points            BIGINT NOT NULL DEFAULT 0,
    compile_error     TEXT COLLATE "C",                    -- JSON
    create_time       BIGINT NOT NULL,
    start_time        BIGINT,
    finish_time       BIGINT,
    CHECK ((state = 'finished') = (verdict IS NOT NULL)),
    CHECK ((state = 'finished') = (finish_time IS NOT NULL))
);
CREATE INDEX submissions_by_user ON submissions (user_id, id);
CREATE INDEX submissions_by_problem ON submissions (user_id, problem, id);
CREATE INDEX submissions_unfinished ON submissions (id) WHERE state <> 'finished';
CREATE INDEX submissions_by_finish_time ON submissions (finish_time) WHERE state = 'finished';
