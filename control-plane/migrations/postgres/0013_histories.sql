-- What became of each attempt at a run or a submission, for support, and the wish of an operator that one
-- be begun again. Times are microseconds since 1970 UTC.

ALTER TABLE runs ADD COLUMN notes TEXT COLLATE "C" NOT NULL DEFAULT ''; -- JSON, a line for each
ALTER TABLE runs ADD COLUMN requeue_time BIGINT; -- until a control-plane has queued it
CREATE INDEX runs_requeued ON runs (id) WHERE requeue_time IS NOT NULL;

ALTER TABLE submissions ADD COLUMN notes TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN requeue_time BIGINT;
CREATE INDEX submissions_requeued ON submissions (id) WHERE requeue_time IS NOT NULL;
