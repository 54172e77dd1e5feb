-- Indexes for what would otherwise look at a whole large table.

-- Accounts of one role, newest first.
CREATE INDEX users_by_role ON users (role, id);

-- What GetStats counts and GetSummary reads, without the rows that don't count, and with all that
-- is asked of the others.
CREATE INDEX attempts_accepted ON attempts (user_id) WHERE accepted = 1;
CREATE INDEX progress_solved ON progress (user_id, problem, solve_time) WHERE solved = 1;
CREATE INDEX progress_points ON progress (user_id, points) WHERE points > 0;

-- What is forgotten every ten minutes.
CREATE INDEX sessions_by_end_time ON sessions (end_time) WHERE end_time IS NOT NULL;
CREATE INDEX login_failures_by_last_failure ON login_failures (last_failure_time);
CREATE INDEX login_networks_by_last_login ON login_networks (last_login_time);

-- A course that is loaded anew deletes its sessions, and each looks for the problems that refer to it.
CREATE INDEX problems_by_session ON problems (session_id);
