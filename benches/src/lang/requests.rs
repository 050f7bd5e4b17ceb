//! How long switch requests stay unanswered: a builtin that runs for seconds has no safepoint, and
//! locks the other threads out for that time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gil_core::Gil;
use gil_core::protocol::Protocol;

/// Watches the requests of one lock. A clone watches the same.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<Inner>>);

#[derive(Clone, Copy, Debug, Default)]
struct Inner {
    pending_since: Option<Instant>,
    longest: Duration,
}

impl Requests {
    /// Begins to watch a lock.
    #[must_use]
    pub fn of<T, P: Protocol>(lock: &Gil<T, P>) -> Self {
        let requests = Self::default();
        let watched = requests.clone();
        lock.on_switch_request(move |pending| watched.tell(pending, Instant::now()));
        requests
    }

    /// There is a request now, or there is none any more. For
    /// [`Gil::on_switch_request`](gil_core::Gil::on_switch_request).
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use gil_bench::lang::Requests;
    /// let (requests, now) = (Requests::default(), Instant::now());
    /// requests.tell(true, now);
    /// requests.tell(true, now + Duration::from_millis(1)); // the same request
    /// requests.tell(false, now + Duration::from_millis(4));
    /// assert_eq!(requests.longest(now + Duration::from_secs(9)), Duration::from_millis(4));
    /// requests.tell(true, now);
    /// let pending = requests.longest(now + Duration::from_secs(9));
    /// assert_eq!(pending, Duration::from_secs(9), "a pending request counts");
    /// ```
    pub fn tell(&self, is_pending: bool, now: Instant) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_pending {
            inner.pending_since.get_or_insert(now);
        } else if let Some(since) = inner.pending_since.take() {
            inner.longest = inner.longest.max(now.saturating_duration_since(since));
        }
    }

    /// The longest time from a request to its end, up to `now` for one that is pending.
    #[must_use]
    pub fn longest(&self, now: Instant) -> Duration {
        let inner = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = inner.pending_since.map(|since| now.saturating_duration_since(since));
        inner.longest.max(pending.unwrap_or_default())
    }

    /// A line for the user.
    #[must_use]
    pub fn text(&self) -> String {
        let longest = self.longest(Instant::now());
        format!("longest unanswered switch request: {} us", longest.as_micros())
    }
}
