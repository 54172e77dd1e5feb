-- What students have done. Written when a submission is judged, in the same transaction. Names
-- problems by slug without a reference, because progress outlives a problem.
-- Times are microseconds since 1970 UTC.

CREATE TABLE attempts (
    submission_id     TEXT PRIMARY KEY,
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem           TEXT NOT NULL,
    verdict           TEXT NOT NULL,
    accepted          INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    passed_test_count INTEGER NOT NULL,
    test_count        INTEGER NOT NULL,
    create_time       INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_by_problem ON attempts (user_id, problem, submission_id);

CREATE TABLE progress (
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem           TEXT NOT NULL,
    attempt_count     INTEGER NOT NULL,
    solved            INTEGER NOT NULL CHECK (solved IN (0, 1)),
    points            INTEGER NOT NULL,
    solve_time        INTEGER,
    last_attempt_time INTEGER NOT NULL,
    PRIMARY KEY (user_id, problem)
) STRICT;
CREATE INDEX progress_by_last_attempt ON progress (user_id, last_attempt_time);

CREATE TABLE badges (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key       TEXT NOT NULL,
    earn_time INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;

CREATE TABLE drafts (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem   TEXT NOT NULL,
    source    TEXT NOT NULL,
    save_time INTEGER NOT NULL,
    PRIMARY KEY (user_id, problem)
) STRICT;

-- Submissions go after a week; how many there were stays with the account.
CREATE TRIGGER submissions_are_counted AFTER INSERT ON submissions BEGIN
    UPDATE users SET submission_count = submission_count + 1 WHERE id = NEW.user_id;
END;
