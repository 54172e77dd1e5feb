-- Accounts of other services with their API keys, and where accounts have logged in from. Times
-- are microseconds since 1970 UTC.

-- A service account has no email address and no password: its email is its id, which no login can
-- name.
ALTER TABLE users ADD COLUMN kind TEXT NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service'));

CREATE TABLE service_accounts (
    user_id          TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    disabled         INTEGER NOT NULL DEFAULT 0,
    runs_per_minute  INTEGER,                  -- none: as for users
    runs_per_hour    INTEGER,
    runs_per_day     INTEGER,
    calls_per_minute INTEGER,
    created_by       TEXT NOT NULL             -- the admin's id
) STRICT;

CREATE TABLE api_keys (
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES service_accounts (user_id) ON DELETE CASCADE,
    name           TEXT NOT NULL,
    key_hash       BLOB NOT NULL UNIQUE,       -- SHA-256 of 256 random bits
    scopes         TEXT NOT NULL,              -- words with a space between
    request_id     TEXT,
    create_time    INTEGER NOT NULL,
    expire_time    INTEGER NOT NULL,
    last_used_time INTEGER,                    -- to the hour
    revoke_time    INTEGER,
    UNIQUE (user_id, request_id)
) STRICT;
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

-- Networks that an account has logged in from; a lock that others caused does not hold there.
CREATE TABLE login_networks (
    place_hash      BLOB PRIMARY KEY,          -- SHA-256 of email and network
    last_login_time INTEGER NOT NULL
) STRICT;
