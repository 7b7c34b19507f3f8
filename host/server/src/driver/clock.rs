//! The one clock of the host.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kernel::model::Timestamp;

/// Wall-clock time that never goes back while the host runs.
#[derive(Debug, Default)]
pub struct Clock {
    latest_ms: AtomicU64,
}

impl Clock {
    /// The time, or the latest time that was told if the wall clock was set back.
    pub fn now(&self) -> Timestamp {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.latest_ms.fetch_max(wall_ms, Ordering::Relaxed).max(wall_ms))
    }

    /// How long it is until `at`.
    pub fn until(&self, at: Timestamp) -> Duration {
        Duration::from_millis(at.since(self.now()).0)
    }
}
