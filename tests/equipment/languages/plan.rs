//! Random plans for the guest that does what a plan says.
//!
//! It knows the grammar of `tests/languages/dice/rust/src/plan.rs`, and in what languages may differ. No plan holds numbers beyond
//! 2^53, or waits for events that lose a race and may take an event along.

use serde_json::{Value, json};

use crate::sim::rng::Rng;

/// Names of events that plans wait for, and that are raised.
pub const EVENTS: [&str; 3] = ["go", "stop", "Éclair"];
const KEYS: [&str; 3] = ["red", "blue", "a@b"];

/// Which plans are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plans {
    /// Those that lead to the same decisions in every language. They hold no wait with a timeout beside other steps: if its
    /// event is there already, one language cancels the timer before it begins the other steps, and another one afterwards.
    Common,
    /// All that a language must replay.
    All,
}

/// A plan of some executions.
pub fn plan(rng: &mut Rng, plans: Plans) -> Value {
    let mut steps = Vec::new();
    for _ in 0..rng.below(3) {
        steps.extend(chapter(rng, plans));
        steps.push(json!({ "do": "again" }));
    }
    steps.extend(chapter(rng, plans));
    if rng.happens(100) {
        steps.push(json!({ "do": "fail", "kind": "unlucky" }));
    }
    json!({ "steps": steps })
}

fn chapter(rng: &mut Rng, plans: Plans) -> Vec<Value> {
    (0..rng.below(7)).map(|_| step(rng, plans)).collect()
}

fn step(rng: &mut Rng, plans: Plans) -> Value {
    match rng.below(12) {
        0..2 => json!({ "do": "all", "of": many(rng, |rng| branch(rng, plans, 1)) }),
        2..4 => json!({ "do": "race", "of": many(rng, runner) }),
        4 => {
            let from = rng.index(KEYS.len());
            let keys: Vec<_> = KEYS.iter().cycle().skip(from).take(1 + rng.index(KEYS.len())).collect();
            json!({ "do": "lock", "keys": keys, "input": rng.below(20) })
        }
        5 => event_within(rng),
        _ => branch(rng, plans, 0),
    }
}

/// What may stand beside others.
fn branch(rng: &mut Rng, plans: Plans, depth: usize) -> Value {
    let step = match rng.below(20) {
        0..6 => return runner(rng),
        6 | 7 => json!({ "do": "event", "name": event(rng) }),
        8 if plans == Plans::All => event_within(rng),
        9 => json!({ "do": "cancel", "input": value(rng, 2) }),
        10 => json!({ "do": "signal", "key": key(rng), "input": rng.below(20), "ms": rng.happens(300).then_some(5) }),
        11 => json!({ "do": "send", "to": "somebody", "name": event(rng), "input": value(rng, 2) }),
        12 => json!({ "do": "status", "value": value(rng, 2) }),
        13..15 => json!({ "do": "number" }),
        15 => json!({ "do": "uuid" }),
        16 => json!({ "do": "now" }),
        17 => json!({ "do": "me" }),
        _ if depth < 3 => json!({ "do": "all", "of": many(rng, |rng| branch(rng, plans, depth + 1)) }),
        _ => json!({ "do": "race", "of": many(rng, runner) }),
    };
    without_nulls(step)
}

/// What may lose a race.
fn runner(rng: &mut Rng) -> Value {
    let step = match rng.below(8) {
        0..3 => json!({ "do": "call", "input": value(rng, 2), "attempts": rng.happens(300).then(|| 1 + rng.below(4)) }),
        3 => json!({ "do": "child", "input": value(rng, 2), "id": rng.happens(300).then_some("child-1") }),
        4..6 => json!({ "do": "sleep", "ms": rng.delay_ms() }),
        _ => json!({ "do": "entity", "key": key(rng), "operation": "add", "input": rng.below(20) }),
    };
    without_nulls(step)
}

fn event_within(rng: &mut Rng) -> Value {
    json!({ "do": "event", "name": event(rng), "ms": rng.delay_ms() })
}

fn many(rng: &mut Rng, mut one: impl FnMut(&mut Rng) -> Value) -> Vec<Value> {
    (0..1 + rng.below(4)).map(|_| one(rng)).collect()
}

/// An option that is not there is left out, as an author would.
fn without_nulls(mut step: Value) -> Value {
    if let Some(fields) = step.as_object_mut() {
        fields.retain(|name, value| !value.is_null() || name == "input" || name == "value");
    }
    step
}

/// A name of an event, in upper or lower case.
pub fn event(rng: &mut Rng) -> String {
    let name = EVENTS[rng.index(EVENTS.len())];
    if rng.happens(300) { name.to_uppercase() } else { name.to_owned() }
}

fn key(rng: &mut Rng) -> &'static str {
    KEYS[rng.index(KEYS.len())]
}

/// Any JSON value that every language can hold.
pub fn value(rng: &mut Rng, depth: usize) -> Value {
    const TEXTS: [&str; 6] = ["", "tea", "\"quoted\"\\\n\u{1}", "déjà vu", "🎲🎲", "\u{2028}</script>"];
    const NAMES: [&str; 4] = ["b", "a", "__proto__", "10"];
    match rng.below(if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(rng.happens(500)),
        2 => json!(rng.below(100)),
        3 => json!(-(rng.below(1 << 53) as i64)),
        4 => json!(rng.below(1_000_000) as f64 / 64.0),
        5 => json!(TEXTS[rng.index(TEXTS.len())]),
        6 => (0..rng.below(4)).map(|_| value(rng, depth - 1)).collect(),
        _ => (0..rng.index(NAMES.len())).map(|at| (NAMES[at].to_owned(), value(rng, depth - 1))).collect(),
    }
}
