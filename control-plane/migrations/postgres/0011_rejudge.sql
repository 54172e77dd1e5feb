-- Submissions that are graded again, with what was found, until their author decides. Times are
-- microseconds since 1970 UTC.

CREATE TABLE rejudges (
    id          TEXT COLLATE "C" PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL, -- who started it, without a reference: what was decided is done
    problem     TEXT COLLATE "C" NOT NULL, -- slug
    etag        TEXT COLLATE "C" NOT NULL, -- of the content of the problem that all of it is graded by
    state       TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('grading', 'ready', 'applying', 'applied', 'discarded')),
    create_time BIGINT NOT NULL,
    finish_time BIGINT,
    CHECK ((state IN ('applied', 'discarded')) = (finish_time IS NOT NULL))
);
-- One of a problem at a time.
CREATE UNIQUE INDEX rejudges_open ON rejudges (problem)
    WHERE state IN ('grading', 'ready', 'applying');

CREATE TABLE rejudge_items (
    rejudge_id    TEXT COLLATE "C" NOT NULL REFERENCES rejudges (id) ON DELETE CASCADE,
    submission_id TEXT COLLATE "C" NOT NULL, -- without a reference: submissions go when they are old
    attempt       BIGINT NOT NULL, -- of the submission; the condition of writing the change
    state         TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('waiting', 'graded', 'failed', 'skipped', 'applied')),
    changes       BIGINT NOT NULL DEFAULT 0 CHECK (changes IN (0, 1)),
    user_id       TEXT COLLATE "C",
    create_time   BIGINT,
    old_worth     TEXT COLLATE "C", -- JSON: verdict, points, subtasks
    new_worth     TEXT COLLATE "C",
    new_grade     TEXT COLLATE "C", -- JSON: all that is stored of a grade; until it is written
    PRIMARY KEY (rejudge_id, submission_id),
    CHECK (changes = 0 OR new_worth IS NOT NULL),
    CHECK ((state = 'graded' AND changes = 1) = (new_grade IS NOT NULL))
);
CREATE INDEX rejudge_items_to_do ON rejudge_items (rejudge_id, state, submission_id);
CREATE INDEX rejudge_items_of_submission ON rejudge_items (submission_id);

CREATE INDEX submissions_of_problem ON submissions (problem, id);
ALTER TABLE submissions ADD COLUMN rejudge_time BIGINT;

-- Points of each attempt: when one is worth less than before, the best of the others counts. What
-- an attempt earned whose submission is gone is not known; it counts as the best that was known, so
-- that nobody loses points by that.
ALTER TABLE attempts ADD COLUMN rejudge_time BIGINT;
ALTER TABLE attempts ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
UPDATE attempts SET points = COALESCE(
    (SELECT submissions.points FROM submissions WHERE submissions.id = attempts.submission_id),
    (SELECT progress.points FROM progress
     WHERE progress.user_id = attempts.user_id AND progress.problem = attempts.problem),
    0);
