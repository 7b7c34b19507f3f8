//! How instances ended, in a form in which two hosts that were asked for the same can be compared.
//!
//! Left out is what is a matter of time and chance: times, seeds, and what is recorded once a turn, since the number of
//! turns says only what arrived together.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::Host;
use tests::http::Client;

use super::jobs::Sent;

/// All instances of a host, by an id that does not depend on chance.
pub type Outcomes = BTreeMap<String, Outcome>;

/// How an instance ended.
#[derive(Debug)]
pub struct Outcome {
    /// The id that the host knows.
    pub id: String,
    /// Which of its lives was the last, from 1.
    pub execution: u64,
    /// The status document without times and history.
    status: String,
    /// The events of the last execution, but those that were raised: how often each is there.
    events: BTreeMap<String, usize>,
    /// The events that were raised in the last execution, by name and input.
    raised: BTreeMap<(String, String), usize>,
    /// By task: when its result was recorded, in milliseconds since 1970.
    pub results: BTreeMap<u64, u64>,
}

/// Reads them all.
pub fn read(host: &Host) -> Result<Outcomes> {
    let client = host.client();
    let list = client.get("/durabletask/instances?showInput=false")?.json()?;
    let ids = list.as_array().context("a list")?.iter().map(|one| one["instanceId"].as_str().unwrap_or_default());
    let documents = ids.map(|id| Ok((id.to_owned(), ended(&client, id)?)));
    let documents = documents.collect::<Result<BTreeMap<_, _>>>()?;
    let outcomes = documents.iter().map(|(id, document)| Ok((name(id, &documents), outcome(&client, id, document)?)));
    outcomes.collect()
}

/// The status document of an instance that has ended, or will.
fn ended(client: &Client, id: &str) -> Result<Value> {
    let query = "showHistory=true&timeout=100&pollingInterval=1";
    let answer = client.get(&format!("/durabletask/instances/{id}?{query}"))?;
    ensure!(answer.status == 200, "{id} has not ended: {answer:?}");
    answer.json()
}

/// An id that the host derived begins with a seed; it is replaced by the name of the parent.
fn name(id: &str, documents: &BTreeMap<String, Value>) -> String {
    let parent = documents.get(id).and_then(|document| document["parentInstanceId"].as_str());
    match (id.split_once(':'), parent) {
        (Some((seed, task)), Some(parent)) if is_seed(seed) => format!("{}/{task}", name(parent, documents)),
        _ => id.to_owned(),
    }
}

fn is_seed(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn outcome(client: &Client, id: &str, document: &Value) -> Result<Outcome> {
    let mut status = document.clone();
    let members = status.as_object_mut().context("a status document")?;
    for member in ["createdTime", "lastUpdatedTime", "scheduledStartTime", "historyEvents"] {
        members.remove(member);
    }
    let mut outcome = Outcome {
        id: id.to_owned(),
        execution: 0,
        status: without_chance(&mut status),
        events: BTreeMap::new(),
        raised: BTreeMap::new(),
        results: BTreeMap::new(),
    };
    let history = client.get(&format!("/durabletask/instances/{id}/history"))?.json()?;
    for record in history["records"].as_array().context("records")? {
        for event in record["events"].as_array().context("events")? {
            outcome.note(record["at"].as_u64().context("a time")?, event);
        }
    }
    Ok(outcome)
}

impl Outcome {
    /// Compares it with that of a host that nobody disturbed. `sent` says how often which event was sent to whom.
    pub fn compare(&self, calm: &Self, sent: &Sent) -> Result<()> {
        ensure!(self.status == calm.status, "{} instead of {}", self.status, calm.status);
        let only = |one: &Self, other: &Self| {
            let differs = |(event, count): &(&String, &usize)| other.events.get(*event) != Some(*count);
            one.events.iter().filter(differs).map(|(event, count)| format!("{count} {event}")).collect::<Vec<_>>()
        };
        let (more, less) = (only(self, calm), only(calm, self));
        ensure!(more.is_empty() && less.is_empty(), "it has {more:#?} instead of {less:#?}");
        for ((name, input), count) in &self.raised {
            // What another instance sent is there once. A client may have been heard although it was not answered, and
            // perhaps in an earlier execution.
            let sent = sent.get(&(self.id.clone(), name.clone(), input.clone())).copied().unwrap_or(1);
            let is_first_elsewhere = !calm.raised.contains_key(&(name.clone(), input.clone()));
            let most = sent - usize::from(is_first_elsewhere);
            ensure!(*count <= most, "{name} {input} is there {count} times and was sent {sent} times");
        }
        let lost = calm.raised.keys().find(|event| !self.raised.contains_key(*event));
        ensure!(lost.is_none(), "{lost:?} is lost");
        Ok(())
    }

    fn note(&mut self, at: u64, event: &Value) {
        let Some((kind, fields)) = event.as_object().and_then(|event| event.iter().next()) else { return };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "TurnStarted" | "CustomStatusSet" => return,
            "Started" => self.execution = fields["execution"].as_u64().unwrap_or_default(),
            "Raised" => {
                let event = (text(&fields["name"]).to_lowercase(), text(&fields["input"]));
                *self.raised.entry(event).or_default() += 1;
                return;
            }
            "TaskCompleted" | "TaskFailed" => {
                self.results.insert(fields["task"].as_u64().unwrap_or_default(), at);
            }
            _ => {}
        }
        *self.events.entry(without_chance(&mut event.clone())).or_default() += 1;
    }
}

/// The text of a value without times, and with a word instead of each seed.
fn without_chance(value: &mut Value) -> String {
    remove(value);
    let text = value.to_string();
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some(colon) = rest.find(':') {
        let (before, after) = rest.split_at(colon);
        let seed = before.len().checked_sub(16).filter(|&at| before.is_char_boundary(at) && is_seed(&before[at..]));
        shown.push_str(seed.map_or(before, |at| &before[..at]));
        shown.push_str(if seed.is_some() { "SEED:" } else { ":" });
        rest = &after[1..];
    }
    shown + rest
}

fn remove(value: &mut Value) {
    const CHANCE: [&str; 8] = ["seed", "created", "fire_at", "retry_at", "start_at", "no", "traceParent", "instanceId"];
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !CHANCE.contains(&name.as_str()));
            members.values_mut().for_each(remove);
        }
        Value::Array(items) => items.iter_mut().for_each(remove),
        _ => {}
    }
}

#[test]
fn seeds_are_left_out() {
    let check = |text: &str, expect: &str| {
        assert_eq!(without_chance(&mut Value::from(text)), format!("{expect:?}"));
    };
    check("child 00ff00ff00ff00ff:1 failed: é", "child SEED:1 failed: é");
    check("00ff00ff00ff00f:1", "00ff00ff00ff00f:1");
    check("a: 00ff00ff00ff00ff:1:2", "a: SEED:1:2");
}
