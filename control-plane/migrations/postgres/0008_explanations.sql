-- Why programs failed: facts, of which texts are made when they are read. Those of a submission's tests are in
-- test_results.

ALTER TABLE runs ADD COLUMN explanation TEXT COLLATE "C"; -- JSON: kind, exception, place, names
ALTER TABLE submissions ADD COLUMN explanation TEXT COLLATE "C"; -- the same, when it could not be compiled
