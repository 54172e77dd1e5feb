-- Files that runs left. They go with their run.

ALTER TABLE runs ADD COLUMN collect_files INTEGER NOT NULL DEFAULT 0 CHECK (collect_files IN (0, 1));
ALTER TABLE runs ADD COLUMN files TEXT; -- JSON: names, types, sizes, what was left out

CREATE TABLE run_files (
    run_id     TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content    BLOB NOT NULL,
    PRIMARY KEY (run_id, path)
) STRICT;
