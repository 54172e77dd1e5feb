//! What a rejudge counts of its items, kept with the rejudge.

use crate::platform::db::{self, Connection};
use crate::platform::ids::RejudgeId;

/// What a change of items adds to the counts of their rejudge.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Added {
    pub graded: i64,
    pub changed: i64,
    pub applied: i64,
    pub skipped: i64,
    pub failed: i64,
}

/// A change that was found, and will not be written.
pub(super) const CHANGE_DROPPED: Added = Added {
    graded: -1,
    changed: -1,
    applied: 0,
    skipped: 1,
    failed: 0,
};

/// Counts a rejudge's items anew, after a change of many.
pub(super) async fn recount(tx: &mut Connection, id: RejudgeId) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE rejudges SET
             submission_count = (SELECT count(*) FROM rejudge_items WHERE rejudge_id = $1),
             graded_count = (SELECT count(*) FROM rejudge_items
                 WHERE rejudge_id = $1 AND state IN ('graded', 'applied')),
             changed_count = (SELECT count(*) FROM rejudge_items
                 WHERE rejudge_id = $1 AND state IN ('graded', 'applied') AND changes = 1),
             applied_count = (SELECT count(*) FROM rejudge_items
                 WHERE rejudge_id = $1 AND state = 'applied'),
             skipped_count = (SELECT count(*) FROM rejudge_items
                 WHERE rejudge_id = $1 AND state = 'skipped'),
             failed_count = (SELECT count(*) FROM rejudge_items
                 WHERE rejudge_id = $1 AND state = 'failed')
         WHERE id = $1",
    )
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes what became of one item.
pub(super) async fn count(
    tx: &mut Connection,
    id: RejudgeId,
    added: Added,
) -> Result<(), sqlx::Error> {
    let Added {
        graded,
        changed,
        applied,
        skipped,
        failed,
    } = added;
    db::query(
        "UPDATE rejudges SET graded_count = graded_count + $1,
             changed_count = changed_count + $2, applied_count = applied_count + $3,
             skipped_count = skipped_count + $4, failed_count = failed_count + $5
         WHERE id = $6",
    )
    .bind(graded)
    .bind(changed)
    .bind(applied)
    .bind(skipped)
    .bind(failed)
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Items that a statement changed.
pub(super) fn affected(done: &db::Done) -> i64 {
    i64::try_from(done.rows_affected()).unwrap_or(i64::MAX)
}
