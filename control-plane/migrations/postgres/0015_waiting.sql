-- A run that waits for its next attempt, in whatever state its watchers have seen it: the next start counts no loss for it.

ALTER TABLE runs ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0 CHECK (waiting IN (0, 1));
