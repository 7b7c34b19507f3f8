//! The edge of the partition: large payloads are put as they enter, and fetched as a guest is given them.

use kernel::model::{Letter, Payload, Record};
use kernel::orchestration::{Answer, Held};
use kernel::partition::{Applied, Input, Op, Played};

use super::blobs::{Blobs, SWEPT};
use super::ledger::Checked;
use super::marks::{Mark, Marks};

/// Puts what is large of what comes in.
pub fn put(blobs: &mut Blobs, at: u64, input: &mut Input, marks: &mut Marks) {
    for payload in payloads_of(input) {
        let was_inline = payload.inline().is_some();
        blobs.put(at, payload);
        if was_inline && payload.blob_ref().is_some() {
            marks.hit(Mark::BlobPut);
        }
    }
}

fn payloads_of(input: &mut Input) -> Vec<&mut Payload> {
    match input {
        Input::Request { op, .. } => match op {
            Op::Start { new, .. } => vec![&mut new.spec.input],
            Op::Raise { event, .. } => vec![&mut event.input],
            Op::Signal { operation, .. } => vec![&mut operation.input],
            Op::Post { letters, .. } => letters.iter_mut().filter_map(payload_of).collect(),
            _ => Vec::new(),
        },
        Input::Played { played: Played::First { answer: Answer::Step(step), .. }, .. }
        | Input::Played { played: Played::Next(Answer::Step(step)), .. } => step.payloads_mut(),
        Input::Applied { applied: Applied::Ran { outcome, .. }, .. } => outcome.payloads_mut(),
        Input::TaskDone { outcome: Ok(output), .. } => vec![output],
        _ => Vec::new(),
    }
}

fn payload_of(letter: &mut Letter) -> Option<&mut Payload> {
    match letter {
        Letter::Operate { operation, .. } => Some(&mut operation.input),
        Letter::Start { spec, .. } => Some(&mut spec.input),
        _ => None,
    }
}

/// Fetches what is large of what a guest is given. What was put and is referred to must never be gone.
pub fn fetch<'a>(blobs: &Blobs, payloads: impl IntoIterator<Item = &'a mut Payload>) -> Result<(), Held> {
    payloads.into_iter().try_for_each(|payload| blobs.fetch(payload))
}

/// The same for a whole history.
pub fn fetch_history(blobs: &Blobs, records: &mut [Record]) -> Result<(), Held> {
    fetch(blobs, records.iter_mut().flat_map(Record::payloads_mut))
}

/// That a blob cannot be had for a while may happen; that it was swept may not.
pub fn check(held: &Held) -> Checked {
    match held {
        Held::Blob { blob, why } if why == SWEPT => Err(format!("{blob} was swept and is needed")),
        _ => Ok(()),
    }
}
