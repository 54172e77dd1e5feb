-- Classes of teachers, and who is in them.

CREATE TABLE classes (
    id           TEXT COLLATE "C" PRIMARY KEY,
    teacher_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title        TEXT COLLATE "C" NOT NULL,
    join_code    TEXT COLLATE "C" NOT NULL UNIQUE,
    member_count BIGINT NOT NULL,
    create_time  BIGINT NOT NULL
);
CREATE INDEX classes_by_teacher ON classes (teacher_id, id);

CREATE TABLE class_members (
    class_id  TEXT COLLATE "C" NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    join_time BIGINT NOT NULL,
    PRIMARY KEY (class_id, user_id)
);
CREATE INDEX class_members_by_user ON class_members (user_id, class_id);
