-- Accounts of other services with their API keys, and where accounts have logged in from. Times
-- are microseconds since 1970 UTC.

-- A service account has no email address and no password: its email is its id, which no login can
-- name.
ALTER TABLE users ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service'));

CREATE TABLE service_accounts (
    user_id          TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    disabled         BIGINT NOT NULL DEFAULT 0,
    runs_per_minute  BIGINT,                  -- none: as for users
    runs_per_hour    BIGINT,
    runs_per_day     BIGINT,
    calls_per_minute BIGINT,
    created_by       TEXT COLLATE "C" NOT NULL             -- the admin's id
);

CREATE TABLE api_keys (
    id             TEXT COLLATE "C" PRIMARY KEY,
    user_id        TEXT COLLATE "C" NOT NULL REFERENCES service_accounts (user_id) ON DELETE CASCADE,
    name           TEXT COLLATE "C" NOT NULL,
    key_hash       BYTEA NOT NULL UNIQUE,       -- SHA-256 of 256 random bits
    scopes         TEXT COLLATE "C" NOT NULL,              -- words with a space between
    request_id     TEXT COLLATE "C",
    create_time    BIGINT NOT NULL,
    expire_time    BIGINT NOT NULL,
    last_used_time BIGINT,                    -- to the hour
    revoke_time    BIGINT,
    UNIQUE (user_id, request_id)
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

-- Networks that an account has logged in from; a lock that others caused does not hold there.
CREATE TABLE login_networks (
    place_hash      BYTEA PRIMARY KEY,          -- SHA-256 of email and network
    last_login_time BIGINT NOT NULL
);
