-- What an export needs to give back all that a load was given.

ALTER TABLE problems ADD COLUMN wrong_ciphertext BLOB; -- NULL in what was stored before
ALTER TABLE content_revision ADD COLUMN course_title TEXT NOT NULL DEFAULT '';
