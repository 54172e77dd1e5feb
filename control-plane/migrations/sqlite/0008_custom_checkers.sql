-- Checkers that authors write, and what such an author is told when one fails.

ALTER TABLE problems ADD COLUMN checker_ciphertext BLOB; -- NULL unless the author wrote one
ALTER TABLE submissions ADD COLUMN author_message TEXT NOT NULL DEFAULT ''; -- no student sees it
