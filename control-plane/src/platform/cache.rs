//! Keeps the course in memory: problems, levels, cheatsheets. A value lives for five minutes
//! after it was read, or until the content changes. When the database is away, the value that
//! was there before is served on, and the database asked again at most once a second for each.
//!
//! A value carries the generation in which its reading began. A change raises the generation, so
//! that a value which was read before a change and stored after it is never taken for new.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;

use super::errors::Error;

const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long the database is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Values by key.
pub struct ContentCache<K, V> {
    fresh: Cache<K, (u64, Arc<V>)>,
    /// What was read last, for when the database is away.
    last: Cache<K, Arc<V>>,
    /// What is served without asking since the database failed a moment ago.
    held: Cache<K, (u64, Arc<V>)>,
    generation: Arc<AtomicU64>,
}

/// Shares the cache.
impl<K, V> Clone for ContentCache<K, V> {
    fn clone(&self) -> Self {
        Self {
            fresh: self.fresh.clone(),
            last: self.last.clone(),
            held: self.held.clone(),
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
            generation: Arc::default(),
        }
    }

    /// The value of a key, read when there is no fresh one.
    pub async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, Error>>,
    ) -> Result<Arc<V>, Error> {
        let generation = self.generation.load(Ordering::Acquire);
        for cache in [&self.fresh, &self.held] {
            if let Some((read_in, value)) = cache.get(&key).await
                && read_in == generation
            {
                return Ok(value);
            }
        }
        match read.await {
            Ok(value) => {
                let value = Arc::new(value);
                let fresh = (generation, value.clone());
                self.fresh.insert(key.clone(), fresh).await;
                self.last.insert(key, value.clone()).await;
                Ok(value)
            }
            Err(error @ (Error::Unavailable { .. } | Error::Internal { .. })) => {
                let Some(value) = self.last.get(&key).await else {
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
