-- Accounts, their logins, and what they asked for. Times are microseconds since 1970 UTC.

CREATE TABLE users (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    email               TEXT COLLATE "C" NOT NULL UNIQUE,  -- in small letters
    display_name        TEXT COLLATE "C" NOT NULL,
    age_group           TEXT COLLATE "C" CHECK (age_group IN ('11-14', '15-18')),
    role                TEXT COLLATE "C" NOT NULL CHECK (role IN ('student', 'teacher', 'author', 'admin')),
    password_hash       TEXT COLLATE "C" NOT NULL,         -- argon2id, PHC string
    register_request_id TEXT COLLATE "C",
    run_count           BIGINT NOT NULL DEFAULT 0,  -- outlives the runs
    submission_count    BIGINT NOT NULL DEFAULT 0,  -- outlives the submissions
    create_time         BIGINT NOT NULL
);

-- One login. It lives until it expires or end_time is set.
CREATE TABLE sessions (
    id             TEXT COLLATE "C" PRIMARY KEY,
    user_id        TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_agent     TEXT COLLATE "C" NOT NULL,
    create_time    BIGINT NOT NULL,
    last_used_time BIGINT NOT NULL,
    expire_time    BIGINT NOT NULL,
    end_time       BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expire_time ON sessions (expire_time);

-- Every refresh token of a session, spent ones too: using one of those again ends the session.
CREATE TABLE refresh_tokens (
    token_hash  BYTEA PRIMARY KEY,              -- SHA-256
    session_id  TEXT COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    create_time BIGINT NOT NULL,
    spent_time  BIGINT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Failed logins in a row, for addresses with and without an account alike.
CREATE TABLE login_failures (
    email_hash        BYTEA PRIMARY KEY,        -- SHA-256
    failure_count     BIGINT NOT NULL,
    locked_until      BIGINT NOT NULL,
    last_failure_time BIGINT NOT NULL
);

-- Answers for repeats of a request_id.
CREATE TABLE request_ids (
    user_id    TEXT COLLATE "C" NOT NULL,
    method     TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    body_hash  BYTEA NOT NULL,
    answer     BYTEA,                           -- none while the first call is at work
    claim_time BIGINT NOT NULL,
    PRIMARY KEY (user_id, method, request_id)
);
CREATE INDEX request_ids_by_claim_time ON request_ids (claim_time);
