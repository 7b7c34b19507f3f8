//! Jobs with entities. A job has counters and notebooks of its own, whose keys begin with its id, but for one counter.
//!
//! A signal whose answer was lost may have had its effect, and is sent again. So each line that a client writes is another
//! one, which tells how often it was written.

use serde_json::json;
use tests::sim::rng::Rng;

use super::{Step, ask, ends, large, raise, see, start};

/// The counter to which all clients add.
pub const EVERYBODYS: &str = "@counter@everybodys";

/// What lines begin with that are written some time.
pub const LATER: &str = "later ";

/// Where an entity is asked.
pub fn path(id: &str) -> String {
    let (name, key) = id.trim_start_matches('@').split_once('@').unwrap_or_default();
    format!("{}/entities/{name}/{key}", super::HOOK)
}

fn notebook(key: &str) -> String {
    format!("@notebook@{key}")
}

fn signal(id: &str, operation: &'static str, input: serde_json::Value) -> Step {
    Step::Signal { id: id.to_owned(), operation, input, later_ms: 0 }
}

fn read(id: &str, lines_count: usize) -> Step {
    Step::Read { id: id.to_owned(), lines_count }
}

/// An orchestration signals and calls a counter, and a client another one.
pub fn adds(rng: &mut Rng, id: &str) -> Vec<Step> {
    let numbers: Vec<_> = (0..1 + rng.below(20)).map(|_| rng.below(1_000)).collect();
    let mut steps = vec![start(id, "tally", json!({ "counter": id, "numbers": numbers }), 0)];
    steps.extend((0..1 + rng.below(10)).map(|_| signal(EVERYBODYS, "add", json!(1))));
    steps.push(ends(id, "Completed"));
    steps
}

/// A client writes lines one after another. Some notebooks are blobs at last.
pub fn jots(rng: &mut Rng, id: &str) -> Vec<Step> {
    let notebook = notebook(id);
    let count = 1 + rng.below(8);
    let mut write = |line| {
        let bytes = if rng.happens(500) { 12 << 10 } else { 0 };
        signal(&notebook, "write", json!(large(&format!("{id}-{line} "), bytes)))
    };
    let mut steps: Vec<_> = (0..count).map(&mut write).collect();
    steps.push(read(&notebook, steps.len()));
    steps
}

/// A client has lines written later, beside lines that are written at once.
pub fn jots_later(rng: &mut Rng, id: &str) -> Vec<Step> {
    let notebook = notebook(id);
    let mut steps = Vec::new();
    for line in 0..1 + rng.below(6) {
        let (input, later_ms) = (json!(format!("{LATER}{id}-{line}")), 1 + rng.below(300));
        steps.push(Step::Signal { id: notebook.clone(), operation: "write", input, later_ms });
        steps.push(signal(&notebook, "write", json!(format!("{id}-{line}"))));
    }
    steps.push(read(&notebook, steps.len()));
    steps
}

/// An orchestration writes lines, and the notebook makes a copy of itself: it signals another one and starts an orchestration.
pub fn dictates(rng: &mut Rng, id: &str) -> Vec<Step> {
    let bytes = if rng.happens(300) { 40 << 10 } else { 0 };
    let lines: Vec<_> = (0..1 + rng.below(12)).map(|line| large(&format!("{line} "), bytes)).collect();
    let copy = format!("{id}-copy");
    let input = json!({ "notebook": id, "lines": lines, "copy": copy });
    vec![
        start(id, "dictates", input, 0),
        ends(id, "Completed"),
        ends(&format!("{id}.signature"), "Completed"),
        // The signature is a line, too.
        read(&notebook(&copy), lines.len() + 1),
    ]
}

/// One critical section in which an orchestration waits, and who waits for it: another one, or signals. It ends well, or
/// by termination.
pub fn edits(rng: &mut Rng, id: &str) -> Vec<Step> {
    let [first, second] = ["first", "second"].map(|end| format!("{id}.{end}"));
    let [left, right] = ["left", "right"].map(|end| format!("{id}-{end}"));
    let edition = |notebooks: [&str; 2], line: &str| json!({ "notebooks": notebooks, "line": line });
    let mut steps = vec![
        start(&first, "edits", edition([&left, &right], "first"), 0),
        see(&first, "customStatus", json!("locked")),
    ];
    let another_waits = rng.happens(500);
    if another_waits {
        steps.push(start(&second, "edits", edition([&right, &left], "second"), 0));
        steps.push(raise(&second, "go", json!(null)));
    } else {
        steps.push(signal(&notebook(&left), "write", json!(format!("{id}-signal"))));
    }
    let mut lines_count = 1;
    if rng.happens(300) {
        steps.extend([ask(&first, "terminate?reason=enough"), ends(&first, "Terminated")]);
    } else {
        steps.extend([raise(&first, "go", json!(null)), ends(&first, "Completed")]);
        lines_count += 1;
    }
    steps.extend(another_waits.then(|| ends(&second, "Completed")));
    steps.push(read(&notebook(&left), lines_count));
    steps
}
