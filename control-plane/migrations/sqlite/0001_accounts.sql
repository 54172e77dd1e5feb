-- Accounts, their logins, and what they asked for. Times are microseconds since 1970 UTC.

CREATE TABLE users (
    id                  TEXT PRIMARY KEY,
    email               TEXT NOT NULL UNIQUE,  -- in small letters
    display_name        TEXT NOT NULL,
    age_group           TEXT CHECK (age_group IN ('11-14', '15-18')),
    role                TEXT NOT NULL CHECK (role IN ('student', 'teacher', 'author', 'admin')),
    password_hash       TEXT NOT NULL,         -- argon2id, PHC string
    register_request_id TEXT,
    run_count           INTEGER NOT NULL DEFAULT 0,  -- outlives the runs
    submission_count    INTEGER NOT NULL DEFAULT 0,  -- outlives the submissions
    create_time         INTEGER NOT NULL
) STRICT;

-- One login. It lives until it expires or end_time is set.
CREATE TABLE sessions (
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_agent     TEXT NOT NULL,
    create_time    INTEGER NOT NULL,
    last_used_time INTEGER NOT NULL,
    expire_time    INTEGER NOT NULL,
    end_time       INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expire_time ON sessions (expire_time);

-- Every refresh token of a session, spent ones too: using one of those again ends the session.
CREATE TABLE refresh_tokens (
    token_hash  BLOB PRIMARY KEY,              -- SHA-256
    session_id  TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    create_time INTEGER NOT NULL,
    spent_time  INTEGER
) STRICT;
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Failed logins in a row, for addresses with and without an account alike.
CREATE TABLE login_failures (
    email_hash        BLOB PRIMARY KEY,        -- SHA-256
    failure_count     INTEGER NOT NULL,
    locked_until      INTEGER NOT NULL,
    last_failure_time INTEGER NOT NULL
) STRICT;

-- Answers for repeats of a request_id.
CREATE TABLE request_ids (
    user_id    TEXT NOT NULL,
    method     TEXT NOT NULL,
    request_id TEXT NOT NULL,
    body_hash  BLOB NOT NULL,
    answer     BLOB,                           -- none while the first call is at work
    claim_time INTEGER NOT NULL,
    PRIMARY KEY (user_id, method, request_id)
) STRICT;
CREATE INDEX request_ids_by_claim_time ON request_ids (claim_time);
