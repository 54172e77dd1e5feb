//! How often somebody may do something. Use cases and the guard ask `RateLimits`; where the
//! counts are kept is behind `RateStore`, so that replicas can share them later. The store here
//! keeps them in memory with the generic cell rate algorithm: a burst of the whole quota, then
//! an even flow.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use governor::RateLimiter;
use governor::clock::Clock as _;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use jiff::Timestamp;

use super::clock::SharedClock;
use super::config::Limits;
use super::errors::{Error, Reason};

/// So many users may join classes from one address at a time: a class does, in its first lesson.
const JOINS_OF_ADDRESS: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Calls of one user, but for the ones with a rule of their own.
    UserCalls,
    /// Calls of one network address without login, and those that give logins for a password.
    AddressCalls,
    /// Refreshes of one network address: a class whose pages open at the same moment has one.
    Refreshes,
    /// Reads of public content by one network address without login. They are answered from memory,
    /// and a class behind one address must not use up its logins by opening the page.
    Content,
    /// API keys that one network address came with and that are not known, whether or not they are
    /// right. Apart from the calls, so that visitors without login don't use it up.
    UnknownKeys,
    /// Logins of one account from one address.
    Logins,
    /// Codes of classes that one user tries, right or wrong.
    Joins,
    /// Codes of classes that are tried from one network address.
    AddressJoins,
    /// Input sent to running programs by one user.
    Inputs,
    /// Runs and submissions of one user.
    RunsPerMinute,
    /// The same.
    RunsPerHour,
    /// The same.
    RunsPerDay,
}

impl Rule {
    const ALL: [Self; 12] = [
        Self::UserCalls,
        Self::AddressCalls,
        Self::Refreshes,
        Self::Content,
        Self::UnknownKeys,
        Self::Logins,
        Self::Joins,
        Self::AddressJoins,
        Self::Inputs,
        Self::RunsPerMinute,
        Self::RunsPerHour,
        Self::RunsPerDay,
    ];

    /// How many in which time; none means no limit.
    fn allowance(self, limits: &Limits) -> (Option<NonZeroU32>, Duration) {
        let count = match self {
            Self::UserCalls => limits.calls_per_minute,
            Self::AddressCalls | Self::UnknownKeys => limits.anonymous_calls_per_minute,
            Self::Refreshes => limits.refreshes_per_minute,
            Self::Content => limits.content_calls_per_minute,
            Self::Logins => limits.logins_per_minute,
            Self::Joins => limits.joins_per_minute,
            Self::AddressJoins => limits
                .joins_per_minute
                .map(|count| count.saturating_mul(JOINS_OF_ADDRESS)),
            Self::Inputs => limits.inputs_per_minute,
            Self::RunsPerMinute => limits.runs_per_minute,
            Self::RunsPerHour => limits.runs_per_hour,
            Self::RunsPerDay => limits.runs_per_day,
        };
        (count, self.window())
    }

    fn window(self) -> Duration {
        let hour = Duration::from_secs(3600);
        match self {
            Self::RunsPerHour => hour,
            Self::RunsPerDay => 24 * hour,
            _ => Duration::from_secs(60),
        }
    }
}

/// What an account has instead of what all users have; none where there is no difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    pub runs_per_minute: Option<NonZeroU32>,
    pub runs_per_hour: Option<NonZeroU32>,
    pub runs_per_day: Option<NonZeroU32>,
    pub calls_per_minute: Option<NonZeroU32>,
}

impl Quota {
    fn own(self, rule: Rule) -> Option<NonZeroU32> {
        match rule {
            Rule::RunsPerMinute => self.runs_per_minute,
            Rule::RunsPerHour => self.runs_per_hour,
            Rule::RunsPerDay => self.runs_per_day,
            Rule::UserCalls => self.calls_per_minute,
            Rule::AddressCalls
            | Rule::Refreshes
            | Rule::Content
            | Rule::UnknownKeys
            | Rule::Logins
            | Rule::Joins
            | Rule::AddressJoins
            | Rule::Inputs => None,
        }
    }
}

/// Where the counts are kept.
pub trait RateStore: Send + Sync {
    /// Takes one from the allowance of `key`, which is `own` where the key has one of its own, or
    /// tells how long to wait for the next.
    fn take<'a>(
        &'a self,
        rule: Rule,
        own: Option<NonZeroU32>,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), Duration>>;
    /// Forgets keys that are back at their full allowance.
    fn forget_idle(&self);
}

/// The limits of this installation.
#[derive(Clone)]
pub struct RateLimits(Arc<dyn RateStore>);

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RateLimits")
    }
}

impl RateLimits {
    /// Counts in the memory of this process.
    pub fn local(limits: &Limits, clock: SharedClock) -> Self {
        Self(Arc::new(LocalStore::new(limits, clock)))
    }

    /// Counts somewhere else.
    pub fn with_store(store: Arc<dyn RateStore>) -> Self {
        Self(store)
    }

    /// Takes one, or fails with RESOURCE_EXHAUSTED and the time to wait.
    pub async fn check(&self, rule: Rule, key: &str) -> Result<(), Error> {
        self.check_own(rule, Quota::default(), key).await
    }

    /// The same for an account with a quota of its own.
    pub async fn check_own(&self, rule: Rule, quota: Quota, key: &str) -> Result<(), Error> {
        self.0
            .take(rule, quota.own(rule), key)
            .await
            .map_err(|wait| Error::ResourceExhausted {
                reason: match rule {
                    Rule::RunsPerMinute | Rule::RunsPerHour | Rule::RunsPerDay => Reason::RUN_QUOTA,
                    _ => Reason::RATE_LIMITED,
                },
                message: format!("Too often. Try again in {} s.", wait.as_secs().max(1)),
                retry_after: wait,
            })
    }

    /// Takes one run from all three windows of a user, the shortest first, so that hammering
    /// costs nothing of the day's allowance.
    pub async fn check_run(&self, user_id: &str, quota: Quota) -> Result<(), Error> {
        for rule in [Rule::RunsPerMinute, Rule::RunsPerHour, Rule::RunsPerDay] {
            self.check_own(rule, quota, user_id).await?;
        }
        Ok(())
    }

    /// Forgets idle keys. Called every few minutes.
    pub fn forget_idle(&self) {
        self.0.forget_idle();
    }
}

/// Our clock in the shape that governor wants.
#[derive(Debug, Clone)]
struct GovernorClock {
    clock: SharedClock,
    start: Timestamp,
}

impl governor::clock::Clock for GovernorClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let elapsed = self.clock.now().duration_since(self.start);
        Duration::try_from(elapsed).unwrap_or_default().into()
    }
}

type Keyed = RateLimiter<
    String,
    DashMapStateStore<String>,
    GovernorClock,
    governor::middleware::NoOpMiddleware<Nanos>,
>;

struct LocalStore {
    limiters: HashMap<Rule, Keyed>,
    /// For quotas of accounts of their own; there are as many as different ones were given.
    own: Mutex<HashMap<(Rule, NonZeroU32), Keyed>>,
    clock: GovernorClock,
}

impl LocalStore {
    fn new(limits: &Limits, clock: SharedClock) -> Self {
        let clock = GovernorClock {
            start: clock.now(),
            clock,
        };
        let limiters = Rule::ALL
            .into_iter()
            .filter_map(|rule| {
                let (count, time) = rule.allowance(limits);
                Some((rule, limiter(count?, time, &clock)?))
            })
            .collect();
        Self {
            limiters,
            own: Mutex::default(),
            clock,
        }
    }

    fn take_own(&self, rule: Rule, count: NonZeroU32, key: &str) -> Result<(), Duration> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = match own.entry((rule, count)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => match limiter(count, rule.window(), &self.clock) {
                Some(limiter) => new.insert(limiter),
                None => return Ok(()),
            },
        };
        self.ask(limiter, key)
    }

    fn ask(&self, limiter: &Keyed, key: &str) -> Result<(), Duration> {
        limiter
            .check_key(&key.to_owned())
            .map_err(|refused| refused.wait_time_from(self.clock.now()))
    }
}

/// None when the flow would be faster than the clock can tell.
fn limiter(count: NonZeroU32, time: Duration, clock: &GovernorClock) -> Option<Keyed> {
    let quota = governor::Quota::with_period(time / count.get())?.allow_burst(count);
    Some(RateLimiter::new(
        quota,
        DashMapStateStore::default(),
        clock.clone(),
    ))
}

impl RateStore for LocalStore {
    fn take<'a>(
        &'a self,
        rule: Rule,
        own: Option<NonZeroU32>,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), Duration>> {
        let result = match (own, self.limiters.get(&rule)) {
            (Some(count), _) => self.take_own(rule, count, key),
            (None, Some(limiter)) => self.ask(limiter, key),
            (None, None) => Ok(()),
        };
        Box::pin(std::future::ready(result))
    }

    fn forget_idle(&self) {
        for limiter in self.limiters.values() {
            limiter.retain_recent();
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|_, limiter| {
            limiter.retain_recent();
            !limiter.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::clock::TestClock;

    fn limits(calls: u32) -> Limits {
        Limits {
            calls_per_minute: NonZeroU32::new(calls),
            ..Limits::default()
        }
    }

    #[tokio::test]
    async fn a_burst_then_an_even_flow_for_each_key() {
        let clock = Arc::new(TestClock::at("2030-01-01T00:00:00Z".parse().unwrap()));
        let rates = RateLimits::local(&limits(60), clock.clone());
        for _ in 0..60 {
            rates.check(Rule::UserCalls, "ada").await.unwrap();
        }
        let error = rates.check(Rule::UserCalls, "ada").await.unwrap_err();
        let Error::ResourceExhausted { retry_after, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(retry_after, Duration::from_secs(1));
        rates.check(Rule::UserCalls, "bob").await.unwrap();

        clock.advance(Duration::from_secs(1));
        rates.check(Rule::UserCalls, "ada").await.unwrap();
        rates.check(Rule::UserCalls, "ada").await.unwrap_err();
    }

    #[tokio::test]
    async fn zero_means_no_limit_and_rules_count_apart() {
        let clock = Arc::new(TestClock::at("2030-01-01T00:00:00Z".parse().unwrap()));
        let rates = RateLimits::local(&limits(0), clock);
        for _ in 0..1000 {
            rates.check(Rule::UserCalls, "ada").await.unwrap();
        }
        for _ in 0..10 {
            rates.check_run("ada", Quota::default()).await.unwrap();
        }
        let error = rates.check_run("ada", Quota::default()).await.unwrap_err();
        assert_eq!(error.reason(), Reason::RUN_QUOTA);
    }

    #[tokio::test]
    async fn a_quota_of_its_own_takes_the_place_of_the_users() {
        let clock = Arc::new(TestClock::at("2030-01-01T00:00:00Z".parse().unwrap()));
        let rates = RateLimits::local(&Limits::default(), clock.clone());
        let quota = Quota {
            runs_per_minute: NonZeroU32::new(30),
            runs_per_hour: NonZeroU32::new(40),
            ..Quota::default()
        };
        for _ in 0..30 {
            rates.check_run("service", quota).await.unwrap();
        }
        rates.check_run("service", quota).await.unwrap_err();
        rates.forget_idle();
        rates.check_run("service", quota).await.unwrap_err();
        clock.advance(Duration::from_secs(60));
        for _ in 0..10 {
            rates.check_run("service", quota).await.unwrap();
        }
        rates.check_run("service", quota).await.unwrap_err();
        // Another account with the same quota has counts of its own.
        rates.check_run("other", quota).await.unwrap();
    }
}
