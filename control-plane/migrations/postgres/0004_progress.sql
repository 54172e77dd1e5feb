-- What students have done. Written when a submission is judged, in the same transaction. Names
-- problems by slug without a reference, because progress outlives a problem.
-- Times are microseconds since 1970 UTC.

CREATE TABLE attempts (
    submission_id     TEXT COLLATE "C" PRIMARY KEY,
    user_id           TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem           TEXT COLLATE "C" NOT NULL,
    verdict           TEXT COLLATE "C" NOT NULL,
    accepted          BIGINT NOT NULL CHECK (accepted IN (0, 1)),
    passed_test_count BIGINT NOT NULL,
    test_count        BIGINT NOT NULL,
    create_time       BIGINT NOT NULL
);
CREATE INDEX attempts_by_problem ON attempts (user_id, problem, submission_id);

CREATE TABLE progress (
    user_id           TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem           TEXT COLLATE "C" NOT NULL,
    attempt_count     BIGINT NOT NULL,
    solved            BIGINT NOT NULL CHECK (solved IN (0, 1)),
    points            BIGINT NOT NULL,
    solve_time        BIGINT,
    last_attempt_time BIGINT NOT NULL,
    PRIMARY KEY (user_id, problem)
);
CREATE INDEX progress_by_last_attempt ON progress (user_id, last_attempt_time);

CREATE TABLE badges (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key       TEXT COLLATE "C" NOT NULL,
    earn_time BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE TABLE drafts (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    problem   TEXT COLLATE "C" NOT NULL,
    source    TEXT COLLATE "C" NOT NULL,
    save_time BIGINT NOT NULL,
    PRIMARY KEY (user_id, problem)
);

-- Submissions go after a week; how many there were stays with the account.
CREATE FUNCTION count_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET submission_count = submission_count + 1 WHERE id = NEW.user_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER submissions_are_counted AFTER INSERT ON submissions
    FOR EACH ROW EXECUTE FUNCTION count_submission();
