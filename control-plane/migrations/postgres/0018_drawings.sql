-- What turtle drew in a run.

ALTER TABLE runs ADD COLUMN drawing BYTEA NOT NULL DEFAULT '\x';
