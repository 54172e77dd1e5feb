//! Keeps the course in memory: problems, levels, cheatsheets. A value lives for five minutes
//! after it was read, or until the content changes. When the database is away, the value that
//! was there before is served on, and the database asked again at most once a second for each.
//!
//! A value carries the generation in which its reading began. A change raises the generation, so
//! that a value which was read before a change and stored after it is never taken for new.
//!
//! However many want a value that is not there, one of them reads it. The others wait; or take the
//! value of before, when it is only old and the content has not changed. Whoever waited for a
//! reading that failed gets its failure, and does not try again.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::future::Cache;
use tokio::sync::Mutex;

use super::errors::Error;

const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long the database is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The right to read a value, and when reading it failed last.
type Turn = Arc<Mutex<Option<Instant>>>;

/// Values by key.
pub struct ContentCache<K, V> {
    fresh: Cache<K, (u64, Arc<V>)>,
    /// What was read last, for when the database is away.
    last: Cache<K, (u64, Arc<V>)>,
    /// What is served without asking since the database failed a moment ago.
    held: Cache<K, (u64, Arc<V>)>,
    turns: Cache<K, Turn>,
    generation: Arc<AtomicU64>,
}

/// Shares the cache.
impl<K, V> Clone for ContentCache<K, V> {
    fn clone(&self) -> Self {
        Self {
            fresh: self.fresh.clone(),
            last: self.last.clone(),
            held: self.held.clone(),
            turns: self.turns.clone(),
            generation: self.generation.clone(),
        }
    }
}

impl<K, V> ContentCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// A cache of at most so many values.
    pub fn new(capacity: u64) -> Self {
        Self {
            fresh: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(LIFETIME)
                .build(),
            last: Cache::new(capacity),
            held: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(PAUSE)
                .build(),
            turns: Cache::new(capacity),
            generation: Arc::default(),
        }
    }

    /// The value of a key, read when there is no fresh one.
    pub async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, Error>>,
    ) -> Result<Arc<V>, Error> {
        if let Some(value) = self.known(&key, [&self.fresh, &self.held]).await {
            return Ok(value);
        }
        let turn = self.turns.get_with_by_ref(&key, async { Turn::default() });
        let turn = turn.await;
        let mut failed = match turn.try_lock() {
            Ok(mine) => mine,
            Err(_) => {
                if let Some(value) = self.known(&key, [&self.last]).await {
                    return Ok(value);
                }
                let begin = Instant::now();
                let mine = turn.lock().await;
                if mine.is_some_and(|failed| failed >= begin) {
                    return Err(Error::unavailable("another reader's failure"));
                }
                mine
            }
        };
        // Whoever had the turn before may have read it.
        if let Some(value) = self.known(&key, [&self.fresh, &self.held]).await {
            return Ok(value);
        }
        let result = self.read(key, read).await;
        if let Err(Error::Unavailable { .. } | Error::Internal { .. }) = result {
            *failed = Some(Instant::now());
        }
        result
    }

    /// A value that was read since the last change.
    async fn known<const N: usize>(
        &self,
        key: &K,
        caches: [&Cache<K, (u64, Arc<V>)>; N],
    ) -> Option<Arc<V>> {
        let generation = self.generation.load(Ordering::Acquire);
        for cache in caches {
            if let Some((read_in, value)) = cache.get(key).await
                && read_in == generation
            {
                return Some(value);
            }
        }
        None
    }

    async fn read(
        &self,
        key: K,
        read: impl Future<Output = Result<V, Error>>,
    ) -> Result<Arc<V>, Error> {
        let generation = self.generation.load(Ordering::Acquire);
        match read.await {
            Ok(value) => {
                let value = Arc::new(value);
                let fresh = (generation, value.clone());
                self.fresh.insert(key.clone(), fresh.clone()).await;
                self.last.insert(key, fresh).await;
                Ok(value)
            }
            Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => {
                let Some((_, value)) = self.last.get(&key).await else {
                    return Err(error);
                };
                tracing::warn!(%error, "serving content from memory");
                self.held.insert(key, (generation, value.clone())).await;
                Ok(value)
            }
            Err(error) => {
                self.last.invalidate(&key).await;
                Err(error)
            }
        }
    }

    /// Takes no value for fresh any more; the content changed.
    pub fn invalidate(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_are_kept_until_the_content_changes() {
        let cache = ContentCache::<&str, u32>::new(10);
        let value = async |read| cache.get("a", read).await.map(|value| *value);
        assert_eq!(value(std::future::ready(Ok(1))).await.unwrap(), 1);
        assert_eq!(value(std::future::ready(Ok(2))).await.unwrap(), 1);
        cache.invalidate();
        assert_eq!(value(std::future::ready(Ok(3))).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_value_read_before_a_change_is_not_fresh_after_it() {
        let cache = ContentCache::<&str, u32>::new(10);
        let slow = cache.get("a", async {
            cache.invalidate();
            Ok(1)
        });
        assert_eq!(*slow.await.unwrap(), 1);
        assert_eq!(*cache.get("a", async { Ok(2) }).await.unwrap(), 2);
    }

    /// Readers that all begin before the first reading ends; says how often was read.
    async fn crowd(
        cache: &ContentCache<&'static str, u32>,
        answer: impl Fn() -> Result<u32, Error>,
    ) -> (Vec<Option<u32>>, u64) {
        let count = AtomicU64::new(0);
        let reader = async || {
            let read = async {
                count.fetch_add(1, Ordering::SeqCst);
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                answer()
            };
            cache.get("a", read).await.ok().map(|value| *value)
        };
        let values = futures::future::join_all((0..20).map(|_| reader())).await;
        (values, count.into_inner())
    }

    #[tokio::test]
    async fn a_crowd_reads_once() {
        let cache = ContentCache::new(10);
        assert_eq!(crowd(&cache, || Ok(1)).await, (vec![Some(1); 20], 1));
        cache.invalidate();
        let changed = crowd(&cache, || Ok(2)).await;
        assert_eq!(
            changed,
            (vec![Some(2); 20], 1),
            "nobody gets what has changed"
        );
    }

    #[tokio::test]
    async fn a_crowd_asks_a_database_that_fails_once() {
        let cache = ContentCache::new(10);
        let away = || Err(Error::unavailable("no database"));
        assert_eq!(crowd(&cache, away).await, (vec![None; 20], 1));
        assert_eq!(crowd(&cache, || Ok(1)).await, (vec![Some(1); 20], 1));
    }

    #[tokio::test]
    async fn an_old_value_is_served_while_one_reads_it_anew() {
        let cache = ContentCache::<&str, u32>::new(10);
        cache.get("a", async { Ok(1) }).await.unwrap();
        cache.fresh.invalidate("a").await;
        let reading = cache.get("a", async {
            let unasked = async { panic!("somebody else reads it") };
            assert_eq!(*cache.get("a", unasked).await.unwrap(), 1);
            Ok(2)
        });
        assert_eq!(*reading.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn whoever_gives_up_reading_leaves_the_turn_to_the_next() {
        let cache = ContentCache::<&str, u32>::new(10);
        let never = cache.get("a", std::future::pending());
        let gave_up = tokio::time::timeout(Duration::from_millis(1), never).await;
        assert!(gave_up.is_err());
        assert_eq!(*cache.get("a", async { Ok(1) }).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn the_last_value_is_served_while_the_database_is_away() {
        let cache = ContentCache::<&str, u32>::new(10);
        cache.get("a", async { Ok(1) }).await.unwrap();
        cache.invalidate();
        let away = async { Err(Error::unavailable("no database")) };
        assert_eq!(*cache.get("a", away).await.unwrap(), 1);
        let unasked = async { panic!("the database failed a moment ago") };
        assert_eq!(*cache.get("a", unasked).await.unwrap(), 1);
        cache.invalidate();
        let gone = async { Err(Error::NotFound("problem")) };
        assert!(
            cache.get("a", gone).await.is_err(),
            "a deleted problem is not served"
        );
        let away = async { Err(Error::unavailable("no database")) };
        let after = cache.get("a", away).await;
        assert!(after.is_err(), "what was deleted does not come back");
    }
}
