-- Code of the playground, shared by a link for a while. The id is random and the right to read.

CREATE TABLE snippets (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    program     BLOB NOT NULL, -- JSON: source and files
    profile     TEXT NOT NULL,
    charge      INTEGER NOT NULL, -- bytes of the user's space
    create_time INTEGER NOT NULL,
    expire_time INTEGER NOT NULL
) STRICT;
CREATE INDEX snippets_by_user ON snippets (user_id, expire_time, charge);
CREATE INDEX snippets_by_create_time ON snippets (create_time);
