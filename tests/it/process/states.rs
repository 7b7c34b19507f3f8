//! What entities hold in the end, compared with those of a host that nobody disturbed.
//!
//! What orchestrations and entities sent is there once. What a client sent may be there as often as it was sent, and the
//! same signals come one after another.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::Host;

use super::jobs::{LATER, Sent};

/// The states of all entities, by their ids.
pub type States = BTreeMap<String, Value>;

/// Reads them all. There must be no lock left.
pub fn read(host: &Host) -> Result<States> {
    let client = host.client();
    let list = client.get("/durabletask/entities?fetchState=true")?.json()?;
    let mut states = States::new();
    for entity in list.as_array().context("a list")? {
        let (name, key) = (&entity["entityId"]["name"], &entity["entityId"]["key"]);
        let (name, key) = (name.as_str().context("a name")?, key.as_str().context("a key")?);
        // The letter that unlocks it may still be on its way when its sender has ended.
        let mut asked = 0;
        while !client.get(&format!("/durabletask/entities/{name}/{key}/details"))?.json()?["lockedBy"].is_null() {
            asked += 1;
            ensure!(asked < 10_000, "{name} {key} is still locked");
        }
        states.insert(format!("@{name}@{key}"), entity["state"].clone());
    }
    let cleaned = client.post("/durabletask/clean-entities", "")?.json()?;
    ensure!(cleaned["locksReleased"] == 0, "locks were left: {cleaned}");
    Ok(states)
}

/// The lines of a notebook.
pub fn lines(state: &Value) -> Vec<&str> {
    state.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The most to which a counter can have come by what clients sent.
pub fn most(id: &str, sent: &Sent) -> u64 {
    let all = sent.iter().filter(|((to, ..), _)| to == id);
    all.map(|((_, _, input), count)| input.parse().unwrap_or(0) * *count as u64).sum()
}

/// In which entities the states of a disturbed host are not what they should be.
pub fn differences(disturbed: &States, calm: &States, sent: &Sent) -> Vec<String> {
    let strange =
        disturbed.keys().filter(|id| !calm.contains_key(*id)).map(|id| format!("{id}: it should not be there"));
    let compared = calm.iter().filter_map(|(id, calm)| {
        let compared = match disturbed.get(id) {
            Some(state) => compare(id, state, calm, sent),
            None => Err(anyhow::anyhow!("it is lost")),
        };
        compared.err().map(|error| format!("{id}: {error}"))
    });
    compared.chain(strange).collect()
}

fn compare(id: &str, state: &Value, calm: &Value, sent: &Sent) -> Result<()> {
    if let (Some(sum), Some(calm)) = (state["value"].as_u64(), calm["value"].as_u64()) {
        ensure!((calm..=most(id, sent).max(calm)).contains(&sum), "{sum}, not {calm} or a little more");
        return Ok(());
    }
    if !calm.is_array() {
        ensure!(state == calm, "{state}, not {calm}");
        return Ok(());
    }
    let (lines, calm) = (lines(state), lines(calm));
    let mut counts = BTreeMap::<&str, usize>::new();
    lines.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    for (line, count) in &counts {
        let what = (id.to_owned(), "write".to_owned(), Value::from(*line).to_string());
        let sent = sent.get(&what).copied().unwrap_or(1);
        ensure!(*count <= sent, "{line:.40} is there {count} times and was sent {sent} times");
    }
    let (mut lines, mut calm) = (split(lines), split(calm));
    ensure!(lines.0 == calm.0, "{:.40?} instead of {:.40?}", lines.0, calm.0);
    lines.1.sort_unstable();
    lines.1.dedup();
    calm.1.sort_unstable();
    ensure!(lines.1 == calm.1, "{:?} instead of {:?}", lines.1, calm.1);
    Ok(())
}

/// Those that were written at once, without those that were written again; and those that were written later.
fn split(lines: Vec<&str>) -> (Vec<&str>, Vec<&str>) {
    let (later, mut at_once): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.starts_with(LATER));
    at_once.dedup();
    (at_once, later)
}

#[test]
fn what_is_a_difference() {
    let id = "@notebook@n";
    let sent = Sent::from([((id.to_owned(), "write".to_owned(), "\"b\"".to_owned()), 2)]);
    let check = |state: Value, calm: Value, expect: bool| {
        let differences = differences(&[(id.to_owned(), state)].into(), &[(id.to_owned(), calm)].into(), &sent);
        assert_eq!(differences.is_empty(), expect, "{differences:?}");
    };
    let calm = serde_json::json!(["a", "b", "c", "later 1", "later 2"]);
    check(calm.clone(), calm.clone(), true);
    check(serde_json::json!(["a", "later 2", "b", "later 1", "b", "c"]), calm.clone(), true);
    check(serde_json::json!(["a", "b", "b", "b", "c", "later 1", "later 2"]), calm.clone(), false);
    check(serde_json::json!(["a", "b", "c", "b", "later 1", "later 2"]), calm.clone(), false);
    check(serde_json::json!(["a", "a", "b", "c", "later 1", "later 2"]), calm.clone(), false);
    check(serde_json::json!(["a", "b", "c", "later 1"]), calm.clone(), false);
    check(serde_json::json!(["b", "a", "c", "later 1", "later 2"]), calm, false);
    check(serde_json::json!({ "value": 5 }), serde_json::json!({ "value": 5 }), true);
    check(serde_json::json!({ "value": 4 }), serde_json::json!({ "value": 5 }), false);
    check(serde_json::json!({ "value": 6 }), serde_json::json!({ "value": 5 }), false);
}
