-- What turtle drew in a run.

ALTER TABLE runs ADD COLUMN drawing BLOB NOT NULL DEFAULT x'';
