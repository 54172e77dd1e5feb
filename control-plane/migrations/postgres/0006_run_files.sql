-- Files that runs left. They go with their run.

ALTER TABLE runs ADD COLUMN collect_files BIGINT NOT NULL DEFAULT 0 CHECK (collect_files IN (0, 1));
ALTER TABLE runs ADD COLUMN files TEXT COLLATE "C"; -- JSON: names, types, sizes, what was left out

CREATE TABLE run_files (
    run_id     TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    path       TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    content    BYTEA NOT NULL,
    PRIMARY KEY (run_id, path)
);
