-- Tests that earn points together, and what submissions earned in them. Problems without subtasks
-- stay as they are.

ALTER TABLE problems ADD COLUMN subtasks TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- JSON list
ALTER TABLE problems ADD COLUMN stop_on_first_failure BIGINT NOT NULL DEFAULT 0
    CHECK (stop_on_first_failure IN (0, 1));
ALTER TABLE submissions ADD COLUMN subtask_results TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- JSON list

-- Checkers that authors write, and what such an author is told when one fails.

ALTER TABLE problems ADD COLUMN checker_ciphertext BYTEA; -- NULL unless the author wrote one
ALTER TABLE submissions ADD COLUMN author_message TEXT COLLATE "C" NOT NULL DEFAULT ''; -- no student sees it
