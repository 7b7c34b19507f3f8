//! Whether a message that failed is delivered again, and when.

use std::time::Duration;

use kernel::limits::{STREAM_REDELIVERY_FIRST_MS, STREAM_REDELIVERY_MAX_MS};

use crate::triggers::bindings::Deliveries;

/// What becomes of a message that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is delivered again after so long.
    Again(Duration),
    /// It is given up.
    GiveUp,
}

/// Judges a failure at the `count`-th delivery. A delivery that a killed host took with it counts too, but only a failure
/// leads here: a message is never given up that did not fail.
pub fn verdict(count: u32, most: Deliveries) -> Verdict {
    if count >= u32::from(most) {
        return Verdict::GiveUp;
    }
    let wait_ms = STREAM_REDELIVERY_FIRST_MS.saturating_mul(1 << count.saturating_sub(1).min(16));
    Verdict::Again(Duration::from_millis(wait_ms.min(STREAM_REDELIVERY_MAX_MS)))
}

impl Verdict {
    /// The longest wait.
    pub fn longest() -> Duration {
        Duration::from_millis(STREAM_REDELIVERY_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let check = |count: u32, most: u32, expect: Option<u64>| {
            let expect = expect.map_or(Verdict::GiveUp, |ms| Verdict::Again(Duration::from_millis(ms)));
            assert_eq!(verdict(count, Deliveries::try_from(most).unwrap()), expect, "{count} of {most}");
        };
        check(1, 5, Some(STREAM_REDELIVERY_FIRST_MS));
        check(3, 5, Some(4 * STREAM_REDELIVERY_FIRST_MS));
        check(4, 5, Some(8 * STREAM_REDELIVERY_FIRST_MS));
        check(5, 5, None);
        check(9, 5, None);
        check(1, 1, None);
        check(500, 1_000, Some(STREAM_REDELIVERY_MAX_MS));
    }
}
