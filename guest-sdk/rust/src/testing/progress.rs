//! What an activity reports while a native test runs it.

use std::cell::RefCell;

use crate::progress::Progress;

/// Who listens to an activity.
struct Ear {
    answer: Box<dyn FnMut(usize) -> Progress>,
    heard: Vec<String>,
}

thread_local! {
    static EAR: RefCell<Option<Ear>> = const { RefCell::new(None) };
}

/// Runs an activity, answers each of its reports by its number, from 1 on, and gives back what it reported, as JSON text.
///
/// ```
/// use dacapo::{Progress, progress, testing::reports};
///
/// let rows = || (0..10).take_while(|row| progress(row) == Progress::GoOn).count();
/// let cancel = |report| if report < 3 { Progress::GoOn } else { Progress::Cancelled };
/// assert_eq!(reports(cancel, rows), (2, ["0", "1", "2"].map(String::from).to_vec()));
/// ```
pub fn reports<R>(answer: impl FnMut(usize) -> Progress + 'static, activity: impl FnOnce() -> R) -> (R, Vec<String>) {
    EAR.set(Some(Ear { answer: Box::new(answer), heard: Vec::new() }));
    let result = activity();
    let ear = EAR.take().expect("it was put there before");
    (result, ear.heard)
}

pub(crate) fn hear(detail: &[u8]) -> Progress {
    EAR.with_borrow_mut(|ear| match ear {
        Some(ear) => {
            ear.heard.push(String::from_utf8_lossy(detail).into_owned());
            (ear.answer)(ear.heard.len())
        }
        None => Progress::GoOn,
    })
}
