-- A school that has been at it for years, for psql. Variables: problems, users, submissions,
-- heavy, ordinary and admin, which are ids of accounts that are there already.
--
-- Learners are as they are: number 1 has made one submission in 140, the one in the middle some
-- dozens. Early problems are tried most. Everything ended within the last six days, before
-- anything is old enough to be deleted. Tests hold bytes that nobody can open; what opens tests
-- has the problems of the sample course.

SELECT setseed(0.25);
-- No trigger and no check of references for a million rows that are known to be right.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET max_parallel_workers_per_gather = 0;
SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now \gset

-- A UUIDv7 of a moment, in microseconds.
CREATE FUNCTION pg_temp.id(moment bigint, salt text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substr(stamp, 1, 8) || '-' || substr(stamp, 9, 4) || '-7' || substr(rest, 1, 3)
        || '-8' || substr(rest, 4, 3) || '-' || substr(rest, 7, 12)
    FROM (SELECT lpad(to_hex(moment / 1000), 12, '0') AS stamp, md5(salt) AS rest) AS parts
$$;
CREATE FUNCTION pg_temp.slug(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'seeded-' || lpad(number::text, 6, '0')
$$;

BEGIN;

CREATE TEMP TABLE learners AS
SELECT number, CASE number
        WHEN 1 THEN :'heavy'
        WHEN :users / 2 THEN :'ordinary'
        ELSE pg_temp.id(:now - 31536000000000 + number * 1000000, 'user' || number)
    END AS id
FROM generate_series(1, :users::bigint) AS number;
CREATE UNIQUE INDEX ON learners (number);

INSERT INTO users (id, email, display_name, age_group, role, password_hash, create_time)
SELECT id, 'learner' || number || '@example.org', 'Learner ' || number,
    CASE WHEN number % 2 = 0 THEN '11-14' ELSE '15-18' END,
    CASE WHEN number % 40 = 0 THEN 'teacher' WHEN number % 400 = 7 THEN 'author' ELSE 'student' END,
    '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    :now - 31536000000000 + number * 1000000
FROM learners
ON CONFLICT DO NOTHING;
UPDATE users SET role = 'admin' WHERE id = :'admin';

-- Other services with their keys; the first of both has an id that can be asked for.
INSERT INTO users (id, email, display_name, role, password_hash, kind, create_time)
SELECT id, id, 'Service ' || number, 'student', '', 'service', :now
FROM (SELECT number, '01900000-0000-7000-8000-' || lpad(number::text, 12, '0') AS id
    FROM generate_series(1, 200) AS number) AS services;
INSERT INTO service_accounts (user_id, created_by)
SELECT id, :'admin' FROM users WHERE kind = 'service';
INSERT INTO api_keys (id, user_id, name, key_hash, scopes, create_time, expire_time)
SELECT pg_temp.id(:now, users.id || number), users.id, 'Key ' || number,
    sha256(convert_to(users.id || number, 'UTF8')), 'problems:read', :now, :now + 31536000000000
FROM users, generate_series(1, 60) AS number WHERE kind = 'service';

-- A fifth of the problems are in the course: ten in each session.
INSERT INTO levels (id, position, age_group, number, title, summary)
SELECT 'seeded-level-' || number, 1000 + number,
    CASE WHEN number % 2 = 0 THEN '11-14' ELSE '15-18' END, 100 + number, 'Level ' || number,
    'What a term is about, in a sentence.'
FROM generate_series(0, 39) AS number;
INSERT INTO course_sessions (id, level_id, position, title, summary)
SELECT 'seeded-session-' || number, 'seeded-level-' || number % 40, 1000 + number,
    'Session ' || number, 'What a lesson is about, in a sentence.'
FROM generate_series(0, :problems / 50 - 1) AS number;
INSERT INTO problems (slug, origin, title, summary, statement, kind, function_name, difficulty,
    points, category, tags, starter_source, solution_ciphertext, checker, feedback, wrapped_key,
    fingerprint, session_id, position, update_time)
SELECT pg_temp.slug(number), 'api', 'Problem ' || number, 'What it asks for, in a sentence.',
    repeat('A sentence of the statement, with **some** words and `code`. ', 25), 'stdin', '',
    CASE number % 3 WHEN 0 THEN 'easy' WHEN 1 THEN 'medium' ELSE 'hard' END, 10,
    'category-' || number % 20,
    '["tag-' || number % 40 || '", "topic-' || number % 500 || '"]',
    repeat('# Begin here.' || chr(10), 10), '\x00',
    '{"kind":"tokens","case_sensitive":true,"absolute_tolerance":1e-6,"relative_tolerance":1e-6}',
    'full', '\x00', md5(number::text),
    CASE WHEN number <= :problems / 50 * 10 THEN 'seeded-session-' || (number - 1) / 10 END,
    1000 + number, :now
FROM generate_series(1, :problems) AS number;
INSERT INTO test_cases (id, problem, number, hidden, input_ciphertext, expected_ciphertext)
SELECT pg_temp.id(:now, 'test' || number || ' ' || test), pg_temp.slug(number), test,
    CASE WHEN test > 2 THEN 1 ELSE 0 END,
    decode(repeat(md5(number::text), 4), 'hex'), decode(repeat(md5(test::text), 2), 'hex')
FROM generate_series(1, :problems) AS number, generate_series(1, 5) AS test;

CREATE TEMP TABLE work AS
SELECT number, pg_temp.id(moment, 'submission' || number) AS id,
    1 + floor(:users * power(random(), 2))::int AS learner,
    1 + floor(:problems * power(random(), 2))::int AS problem,
    random() < 0.4 AS accepted, moment
FROM generate_series(1, :submissions) AS number,
    LATERAL (SELECT :now - 518400000000 + number * (518000000000 / :submissions)) AS clock (moment);
ANALYZE work;

INSERT INTO submissions (id, user_id, problem, call_id, state, attempt, program, feedback, verdict,
    test_results, passed_test_count, test_count, points, create_time, start_time, finish_time)
SELECT work.id, learners.id, pg_temp.slug(problem), work.id, 'finished', 1,
    convert_to('{"source":"numbers = input().split()\nprint(sum(map(int, numbers)))\n","files":[]}', 'UTF8'),
    'full', CASE WHEN accepted THEN 'ACCEPTED' ELSE 'WRONG_ANSWER' END,
    CASE WHEN accepted THEN passed.results ELSE failed.results END,
    CASE WHEN accepted THEN 5 ELSE 0 END, 5, CASE WHEN accepted THEN 10 ELSE 0 END,
    moment, moment + 20000, moment + 90000
FROM work JOIN learners ON learners.number = work.learner,
    (SELECT '[' || string_agg('{"number":' || number || ',"hidden":' || (number > 2)
        || ',"verdict":"accepted","input":"","expected":"","actual":"","message":"","usage":null}', ',') || ']'
        FROM generate_series(1, 5) AS number) AS passed (results),
    (SELECT '[' || string_agg('{"number":' || number || ',"hidden":' || (number > 2)
        || ',"verdict":"wrong_answer","input":"1 2 3","expected":"6","actual":"123","message":"","usage":null}', ',') || ']'
        FROM generate_series(1, 5) AS number) AS failed (results)
ORDER BY work.number;

INSERT INTO attempts (submission_id, user_id, problem, verdict, accepted, passed_test_count,
    test_count, points, create_time)
SELECT work.id, learners.id, pg_temp.slug(problem),
    CASE WHEN accepted THEN 'ACCEPTED' ELSE 'WRONG_ANSWER' END, accepted::int,
    CASE WHEN accepted THEN 5 ELSE 0 END, 5, CASE WHEN accepted THEN 10 ELSE 0 END, moment
FROM work JOIN learners ON learners.number = work.learner ORDER BY work.number;

-- The problems that most have tried were all graded again; one submission in ten changed.
INSERT INTO rejudges (id, user_id, problem, etag, state, create_time, finish_time)
SELECT pg_temp.id(:now - number * 1000000, 'rejudge' || number), :'admin', pg_temp.slug(number),
    md5(number::text), 'applied', :now - number * 1000000, :now
FROM generate_series(1, 60) AS number;
INSERT INTO rejudge_items (rejudge_id, submission_id, attempt, state, changes, user_id,
    create_time, old_worth, new_worth)
SELECT rejudge_id, id, 1, CASE WHEN changes THEN 'applied' ELSE 'graded' END, changes::int, user_id,
    create_time, '{"verdict":"wrong_answer","points":0,"subtasks":[]}',
    '{"verdict":"' || CASE WHEN changes THEN 'accepted","points":10' ELSE 'wrong_answer","points":0' END
        || ',"subtasks":[]}'
FROM (SELECT rejudges.id AS rejudge_id, submissions.id, submissions.user_id, submissions.create_time,
        random() < 0.1 AS changes
    FROM rejudges JOIN submissions ON submissions.problem = rejudges.problem) AS graded;
UPDATE rejudges SET submission_count = counted.items, graded_count = counted.items,
    changed_count = counted.changed, applied_count = counted.changed
FROM (SELECT rejudge_id, count(*) AS items, sum(changes) AS changed
    FROM rejudge_items GROUP BY rejudge_id) AS counted
WHERE counted.rejudge_id = rejudges.id;

INSERT INTO progress (user_id, problem, attempt_count, solved, points, solve_time,
    last_attempt_time)
SELECT learners.id, pg_temp.slug(problem), count(*), bool_or(accepted)::int,
    CASE WHEN bool_or(accepted) THEN 10 ELSE 0 END, min(moment) FILTER (WHERE accepted),
    max(moment)
FROM work JOIN learners ON learners.number = work.learner GROUP BY learners.id, problem;
INSERT INTO badges (user_id, key, earn_time)
SELECT user_id, 'first-solve', min(solve_time) FROM progress WHERE solved = 1 GROUP BY user_id;
INSERT INTO drafts (user_id, problem, source, save_time)
SELECT id, pg_temp.slug(problem), 'print("not yet")', :now
FROM learners, generate_series(1, 3) AS problem;

INSERT INTO runs (id, user_id, call_id, state, attempt, program, stdin, interactive, outcome,
    exit_code, stdout, create_time, start_time, finish_time)
SELECT pg_temp.id(moment, 'run' || work.number), learners.id, work.id, 'finished', 1,
    convert_to('{"source":"print(1)","files":[]}', 'UTF8'), '', 0, 'OK', 0, '1', moment,
    moment + 1000, moment + 30000
FROM work JOIN learners ON learners.number = work.learner WHERE work.number % 5 = 0;

INSERT INTO sessions (id, user_id, user_agent, create_time, last_used_time, expire_time)
SELECT pg_temp.id(:now - login * 1000, 'session' || number || ' ' || login), id,
    'coderunner-client/0.1.0', :now - login * 1000, :now, :now + 604800000000
FROM learners, LATERAL generate_series(1, CASE number WHEN 1 THEN 300 ELSE 3 END) AS login;
INSERT INTO refresh_tokens (token_hash, session_id, create_time)
SELECT sha256(convert_to(sessions.id || number, 'UTF8')), sessions.id, :now
FROM sessions, generate_series(1, 3) AS number WHERE user_agent = 'coderunner-client/0.1.0';

INSERT INTO login_failures (email_hash, failure_count, locked_until, last_failure_time)
SELECT sha256(convert_to('failure' || number, 'UTF8')), 1, 0, :now FROM learners;
INSERT INTO login_networks (place_hash, last_login_time)
SELECT sha256(convert_to('network' || number, 'UTF8')), :now FROM learners;

UPDATE users SET submission_count = counts.count, run_count = counts.count / 5
FROM (SELECT user_id, count(*) AS count FROM submissions GROUP BY user_id) AS counts
WHERE counts.user_id = users.id;
UPDATE content_revision SET revision = revision + 1;

COMMIT;
-- As autovacuum would leave it.
VACUUM (ANALYZE);
