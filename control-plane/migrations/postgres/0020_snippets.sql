-- Code of the playground, shared by a link for a while. The id is random and the right to read.

CREATE TABLE snippets (
    id          TEXT COLLATE "C" PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    program     BYTEA NOT NULL, -- JSON: source and files
    profile     TEXT COLLATE "C" NOT NULL,
    charge      BIGINT NOT NULL, -- bytes of the user's space
    create_time BIGINT NOT NULL,
    expire_time BIGINT NOT NULL
);
CREATE INDEX snippets_by_user ON snippets (user_id, expire_time, charge);
CREATE INDEX snippets_by_create_time ON snippets (create_time);
