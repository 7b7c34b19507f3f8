//! The one clock of the host.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kernel::model::Timestamp;

/// Wall-clock time that never goes back while the host runs, and never stands still: if the wall clock is set back, time
/// goes on from where it was at the pace of the monotonic clock; if it is set forward, time follows.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    /// The wall-clock time at which the monotonic clock began, as far forward as it was ever seen to be.
    origin_ms: AtomicU64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), origin_ms: AtomicU64::new(0) }
    }
}

impl Clock {
    /// The time.
    pub fn now(&self) -> Timestamp {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.read(millis(wall), millis(self.begun.elapsed()))
    }

    /// How long it is until `at`.
    pub fn until(&self, at: Timestamp) -> Duration {
        Duration::from_millis(at.since(self.now()).0)
    }

    fn read(&self, wall_ms: u64, elapsed_ms: u64) -> Timestamp {
        let origin = wall_ms.saturating_sub(elapsed_ms);
        Timestamp(self.origin_ms.fetch_max(origin, Ordering::Relaxed).max(origin) + elapsed_ms)
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_whatever_happens_to_the_wall_clock() {
        let clock = Clock::default();
        let check = |wall_ms: u64, elapsed_ms: u64, expect: u64| {
            assert_eq!(clock.read(wall_ms, elapsed_ms), Timestamp(expect), "{wall_ms} after {elapsed_ms}");
        };
        check(1_000_000, 0, 1_000_000);
        check(1_000_500, 500, 1_000_500);
        // Set back by a quarter of an hour: time goes on.
        check(100_600, 600, 1_000_600);
        check(101_000, 1_000, 1_001_000);
        // Set forward again, and further: time follows.
        check(2_002_000, 2_000, 2_002_000);
        check(2_003_000, 3_000, 2_003_000);
    }
}
