-- What an export needs to give back all that a load was given.

ALTER TABLE problems ADD COLUMN wrong_ciphertext BLOB; -- NULL in what was stored before
ALTER TABLE content_revision ADD COLUMN course_title TEXT NOT NULL DEFAULT '';
-- Keyed digest of the folder that was loaded last. The same one is not loaded again at a start, so
-- that what authors changed since stays.
ALTER TABLE content_revision ADD COLUMN folder_digest TEXT NOT NULL DEFAULT '';
