//! When an attempt of a run or submission is claimed, which `worker` explains, and how the database
//! is written by work that may not be lost.

use std::time::Duration;

use crate::platform::errors::Error;

/// Pauses between attempts to reach the database.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// First attempts that end sooner are claimed together with their result.
const CLAIM_AFTER: Duration = Duration::from_millis(100);

/// What became of an attempt and of its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempted<T> {
    /// It is claimed.
    Claimed(T),
    /// It was done before it was time to claim it.
    Unclaimed(T),
    /// Somebody else has the work, or it has ended.
    Void,
}

/// Does the work of the attempt after `before`, and claims it when `worker` says so.
pub async fn attempt_work<T>(
    before: u32,
    claim: impl Future<Output = bool>,
    work: impl Future<Output = T>,
) -> Attempted<T> {
    if before > 0 {
        return if claim.await {
            Attempted::Claimed(work.await)
        } else {
            Attempted::Void
        };
    }
    tokio::pin!(work);
    if let Ok(done) = tokio::time::timeout(CLAIM_AFTER, &mut work).await {
        return Attempted::Unclaimed(done);
    }
    match tokio::join!(claim, work) {
        (true, done) => Attempted::Claimed(done),
        (false, _) => Attempted::Void,
    }
}

/// Does something with the database until it succeeds: an accepted run may not be lost because
/// the database is away for a while. If this process ends first, the next one starts over.
pub async fn persistently<T, F>(attempt: &'static str, mut what: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, Error>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match what().await {
            Ok(value) => return value,
            Err(error) => tracing::error!(%error, attempt, "the database failed; trying again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attempted(
        before: u32,
        work: Duration,
        ours: bool,
    ) -> (Attempted<u8>, Vec<&'static str>) {
        let order = std::sync::Mutex::new(Vec::new());
        let note = |what| order.lock().unwrap().push(what);
        let claim = async {
            note("claim");
            ours
        };
        let work = async {
            note("begin");
            tokio::time::sleep(work).await;
            note("end");
            7
        };
        let attempted = attempt_work(before, claim, work).await;
        (attempted, order.into_inner().unwrap())
    }

    #[tokio::test]
    async fn only_a_short_first_attempt_goes_unclaimed() {
        let (short, long) = (Duration::ZERO, CLAIM_AFTER * 2);
        let (done, order) = attempted(0, short, true).await;
        assert_eq!(
            (done, order),
            (Attempted::Unclaimed(7), vec!["begin", "end"])
        );
        let (done, order) = attempted(0, long, true).await;
        assert_eq!(done, Attempted::Claimed(7));
        assert_eq!(order, ["begin", "claim", "end"]);
        let (done, order) = attempted(1, short, true).await;
        assert_eq!(done, Attempted::Claimed(7));
        assert_eq!(order, ["claim", "begin", "end"]);
        assert_eq!(attempted(0, long, false).await.0, Attempted::Void);
        let (done, order) = attempted(1, short, false).await;
        assert_eq!((done, order), (Attempted::Void, vec!["claim"]));
    }
}
