-- What programs find in their interpreters. A word of the API.

ALTER TABLE runs ADD COLUMN profile TEXT COLLATE "C" NOT NULL DEFAULT 'python'
    CHECK (profile IN ('python', 'science'));
ALTER TABLE problems ADD COLUMN profile TEXT COLLATE "C" NOT NULL DEFAULT 'python'
    CHECK (profile IN ('python', 'science'));
