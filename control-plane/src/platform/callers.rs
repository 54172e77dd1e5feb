//! Who is logged in, kept in memory, so that not every call asks the database.
//!
//! What the database said of a session counts for ten seconds. Ending a session or changing a
//! role on this replica is told here, and counts at once; so ten seconds is how long a session
//! that was ended elsewhere (by another replica or a command) can go on here.
//!
//! When the database is away nobody can end a session, and what it said last counts on, for as
//! long as an access token lives: whoever reads a problem at that moment may go on reading.
//!
//! As with content, an answer of the database that was on its way while a session ended is
//! never kept.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::context::Role;
use super::errors::{Error, Reason};
use super::ids::{SessionId, UserId};

/// How long an answer of the database counts.
const FRESH: Duration = Duration::from_secs(10);
/// How many sessions are kept.
const MOST: u64 = 100_000;

/// Live sessions. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Callers {
    known: Cache<SessionId, Known>,
    /// Rises when a session ends or a role changes.
    changes: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    user: UserId,
    role: Role,
    read_at: Instant,
}

impl Callers {
    /// Nobody yet. An answer is forgotten when the longest access token has expired.
    pub fn new(access_token_lifetime: Duration) -> Self {
        let known = Cache::builder()
            .max_capacity(MOST)
            .time_to_live(access_token_lifetime)
            .build();
        Self {
            known,
            changes: Arc::default(),
        }
    }

    /// The role of a session's account; `read` asks the database, which answers none when the
    /// session has ended.
    pub async fn role(
        &self,
        session: SessionId,
        user: UserId,
        read: impl Future<Output = Result<Option<Role>, Error>>,
    ) -> Result<Role, Error> {
        let known = self.known.get(&session).filter(|known| known.user == user);
        if let Some(known) = known
            && known.read_at.elapsed() < FRESH
        {
            return Ok(known.role);
        }
        let changes = self.changes.load(Ordering::Acquire);
        let read_at = Instant::now();
        match (read.await, known) {
            (Ok(Some(role)), _) => {
                let known = Known {
                    user,
                    role,
                    read_at,
                };
                self.keep(session, known, changes);
                Ok(role)
            }
            (Ok(None), _) => {
                self.known.invalidate(&session);
                Err(Error::Unauthenticated(Reason::SESSION_ENDED))
            }
            // Nothing is kept, so that the database is asked again by the next call.
            (Err(Error::Unavailable { .. }), Some(known)) if self.still(session) => Ok(known.role),
            (Err(error), _) => Err(error),
        }
    }

    fn keep(&self, session: SessionId, known: Known, changes: u64) {
        self.known.insert(session, known);
        if self.changes.load(Ordering::Acquire) != changes {
            self.known.invalidate(&session);
        }
    }

    /// Whether a session was not ended here while the database was asked.
    fn still(&self, session: SessionId) -> bool {
        self.known.contains_key(&session)
    }

    /// A session ended.
    pub fn forget_session(&self, session: SessionId) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.known.invalidate(&session);
    }

    /// An account's role changed, or all its sessions ended.
    pub fn forget_user(&self, user: UserId) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        let sessions = self.known.iter().filter(|(_, known)| known.user == user);
        for session in sessions.map(|(session, _)| *session).collect::<Vec<_>>() {
            self.known.invalidate(&session);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    const LONG: Duration = Duration::from_secs(900);

    fn away() -> impl Future<Output = Result<Option<Role>, Error>> {
        ready(Err(Error::unavailable("no database")))
    }

    fn says(role: Role) -> impl Future<Output = Result<Option<Role>, Error>> {
        ready(Ok(Some(role)))
    }

    #[tokio::test]
    async fn the_database_is_asked_once() {
        let (callers, session, user) = (Callers::new(LONG), SessionId::new(), UserId::new());
        for answer in [Role::Author, Role::Student] {
            let role = callers.role(session, user, says(answer)).await.unwrap();
            assert_eq!(role, Role::Author);
        }
        let other = callers.role(session, UserId::new(), ready(Ok(None))).await;
        assert!(other.is_err(), "somebody else's session");
    }

    #[tokio::test]
    async fn what_ended_here_ends_at_once() {
        let (callers, session, user) = (Callers::new(LONG), SessionId::new(), UserId::new());
        for forget in [&(|| callers.forget_session(session)) as &dyn Fn(), &|| {
            callers.forget_user(user)
        }] {
            callers
                .role(session, user, says(Role::Admin))
                .await
                .unwrap();
            forget();
            assert!(callers.role(session, user, away()).await.is_err());
            let role = callers.role(session, user, says(Role::Student)).await;
            assert_eq!(role.unwrap(), Role::Student);
            forget();
            let ended = callers.role(session, user, ready(Ok(None))).await;
            assert!(matches!(ended, Err(Error::Unauthenticated(_))));
        }
    }

    #[tokio::test]
    async fn an_answer_that_was_on_its_way_is_not_kept() {
        let (callers, session, user) = (Callers::new(LONG), SessionId::new(), UserId::new());
        let slow = callers.role(session, user, async {
            callers.forget_session(session);
            Ok(Some(Role::Student))
        });
        slow.await.unwrap();
        let next = callers.role(session, user, ready(Ok(None))).await;
        assert!(next.is_err());
    }

    #[tokio::test]
    async fn the_last_answer_counts_while_the_database_is_away() {
        let (callers, session, user) = (Callers::new(LONG), SessionId::new(), UserId::new());
        assert!(callers.role(session, user, away()).await.is_err());
        let old = Known {
            user,
            role: Role::Student,
            read_at: Instant::now() - 2 * FRESH,
        };
        callers.known.insert(session, old);
        let role = callers.role(session, user, away()).await.unwrap();
        assert_eq!(role, Role::Student);
        let ended = callers.role(session, user, ready(Ok(None))).await;
        assert!(ended.is_err());
        let after = callers.role(session, user, away()).await;
        assert!(after.is_err(), "what had ended does not come back");
    }
}
