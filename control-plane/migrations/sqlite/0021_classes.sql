-- Classes of teachers, and who is in them.

CREATE TABLE classes (
    id           TEXT PRIMARY KEY,
    teacher_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title        TEXT NOT NULL,
    join_code    TEXT NOT NULL UNIQUE,
    member_count INTEGER NOT NULL,
    create_time  INTEGER NOT NULL
) STRICT;
CREATE INDEX classes_by_teacher ON classes (teacher_id, id);

CREATE TABLE class_members (
    class_id  TEXT NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    join_time INTEGER NOT NULL,
    PRIMARY KEY (class_id, user_id)
) STRICT;
CREATE INDEX class_members_by_user ON class_members (user_id, class_id);
