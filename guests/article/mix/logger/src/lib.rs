//! What works: an activity that orchestrators of any language call by its name.

use dacapo::prelude::*;

dacapo::export! { activities: [message_logger] }

/// What is written down.
#[payload]
struct Entry {
    step: u32,
    message: String,
}

/// Writes a message down. This example has nowhere to write, and gives back what it would have written.
#[activity]
fn message_logger(entry: Entry) -> String {
    format!("{}: {}", entry.step, entry.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_it_would_write() {
        assert_eq!(message_logger::run(Entry { step: 1, message: "hello".to_owned() }), "1: hello");
    }
}
