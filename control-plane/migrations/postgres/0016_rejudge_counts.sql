-- What a rejudge counts stands with it: a list of them must not look at all their items.

ALTER TABLE rejudges ADD COLUMN submission_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rejudges ADD COLUMN graded_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rejudges ADD COLUMN changed_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rejudges ADD COLUMN applied_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rejudges ADD COLUMN skipped_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rejudges ADD COLUMN failed_count BIGINT NOT NULL DEFAULT 0;
UPDATE rejudges SET
    submission_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = rejudges.id),
    graded_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = rejudges.id
        AND rejudge_items.state IN ('graded', 'applied')),
    changed_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = rejudges.id
        AND rejudge_items.state IN ('graded', 'applied') AND changes = 1),
    applied_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = rejudges.id
        AND rejudge_items.state = 'applied'),
    skipped_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = rejudges.id
        AND rejudge_items.state = 'skipped'),
    failed_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = rejudges.id
        AND rejudge_items.state = 'failed');

-- Those of a problem, what the worker looks for, and what is deleted when it is old.
CREATE INDEX rejudges_by_problem ON rejudges (problem, id);
CREATE INDEX rejudges_by_state ON rejudges (state, id);
CREATE INDEX rejudges_by_create_time ON rejudges (create_time);
