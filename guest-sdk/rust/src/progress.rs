//! How a long activity says that it is alive, and hears that nobody waits for it any more.
//!
//! The import of the host's function is linked into a component only if one of its activities uses it.

use serde::Serialize;

use crate::payload::encode;

/// What the host says to a report of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Somebody waits for the result.
    GoOn,
    /// The orchestration ended or cancelled the call: undo what must not stay, and return soon. The result is not recorded
    /// either way.
    Cancelled,
}

/// Shows `detail` with the status of the instance, and begins the timeout of this attempt anew. For activities.
///
/// A detail that has no JSON form is shown as the text that says so. In a native test, [`testing::reports`] answers;
/// without it nobody cancels.
///
/// [`testing::reports`]: crate::testing::reports
pub fn progress(detail: &(impl Serialize + ?Sized)) -> Progress {
    let detail = encode(detail, "invalid-detail").unwrap_or_else(|failure| {
        let text = failure.to_string();
        encode(&text, "invalid-detail").expect("a text has a JSON form")
    });
    report(&detail)
}

#[cfg(target_family = "wasm")]
fn report(detail: &[u8]) -> Progress {
    use crate::bindings::progress::{Answer, report};
    match report(detail) {
        Answer::GoOn => Progress::GoOn,
        Answer::Cancelled => Progress::Cancelled,
    }
}

#[cfg(not(target_family = "wasm"))]
fn report(detail: &[u8]) -> Progress {
    crate::testing::hear(detail)
}
