//! What clients do while the host is killed: every feature, in an order and with ids that follow from a seed, so that
//! a second host can be asked for exactly the same.

mod entities;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::sim::rng::{Rng, mix};

use super::door::{Answered, Patient};
use super::states;

pub use self::entities::{EVERYBODYS, LATER, path};

/// How many kinds of jobs there are.
pub const KINDS_COUNT: u64 = 24;

const HOOK: &str = "/runtime/webhooks/durabletask";

/// How long something may take to be seen, however often the host is killed meanwhile.
const PATIENCE: Duration = Duration::from_secs(300);

/// One thing that a client does, or waits to see, before it does the next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Starts an instance, perhaps so many milliseconds later.
    Start { id: String, name: &'static str, input: Value, later_ms: u64 },
    /// Raises an event.
    Raise { id: String, name: &'static str, input: Value },
    /// Suspends, resumes, terminates or rewinds, with the query that goes with it.
    Ask { id: String, operation: &'static str },
    /// Deletes, with the query that goes with it.
    Purge { id: String, query: &'static str },
    /// Waits until the instance is there and its status document has this value.
    See { id: String, name: &'static str, value: Value },
    /// Waits until the instance has ended, in whatever way.
    End { id: String },
    /// Signals an entity, perhaps for so many milliseconds later.
    Signal { id: String, operation: &'static str, input: Value, later_ms: u64 },
    /// Waits until a notebook has so many different lines.
    Read { id: String, lines_count: usize },
}

/// How often an event or a signal was sent, by instance, name and input.
pub type Sent = BTreeMap<(String, String, String), usize>;

/// The job of this number.
pub fn job(seed: u64, number: u64) -> Vec<Step> {
    let mut rng = Rng::new(mix(seed, number));
    let id = format!("j{number}");
    let short = |rng: &mut Rng, name, input| vec![start(&id, name, input, late(rng)), ends(&id, "Completed")];
    match number % KINDS_COUNT {
        0 => short(&mut rng, "hello_sequence", Value::Null),
        1 => one_after_another(&mut rng, &id),
        2 => {
            let count = 1 + rng.below(30);
            short(&mut rng, "fan_out", json!(count))
        }
        3 => {
            let after_ms = 1 + rng.below(150);
            short(&mut rng, "remind", json!({ "after_ms": after_ms, "text": "tea" }))
        }
        4 => {
            let attempt = 1 + rng.below(4);
            tries(&id, "tries", attempt)
        }
        5 => {
            let attempt = 1 + rng.below(4);
            tries(&id, "insists", attempt)
        }
        6 => short(&mut rng, "tree", json!({ "width": 2, "depth": 2 })),
        7 => ships(&id),
        8 | 9 => listens(&mut rng, &id),
        10 | 11 => hears_of_another(&mut rng, &id),
        12 => short(&mut rng, "talks_to_itself", Value::Null),
        13 => rewound(&id, "gets_up"),
        14 => rewound(&id, "helps_up"),
        15 => family(&id, Family::Stays),
        16 => family(&id, Family::IsPurged),
        17 => decides(&mut rng, &id),
        18 => {
            let text = large(&id, rng.below(200 << 10));
            short(&mut rng, "copies", json!(text))
        }
        19 => entities::adds(&mut rng, &id),
        20 => entities::jots(&mut rng, &id),
        21 => entities::jots_later(&mut rng, &id),
        22 => entities::dictates(&mut rng, &id),
        _ => entities::edits(&mut rng, &id),
    }
}

/// A text with so many bytes of ballast.
fn large(text: &str, bytes: u64) -> String {
    format!("{text}{}", "x".repeat(usize::try_from(bytes).unwrap_or_default()))
}

/// A start that is scheduled for later now and then.
fn late(rng: &mut Rng) -> u64 {
    if rng.happens(250) { 1 + rng.below(300) } else { 0 }
}

fn start(id: &str, name: &'static str, input: Value, later_ms: u64) -> Step {
    Step::Start { id: id.to_owned(), name, input, later_ms }
}

fn ask(id: &str, operation: &'static str) -> Step {
    Step::Ask { id: id.to_owned(), operation }
}

fn raise(id: &str, name: &'static str, input: Value) -> Step {
    Step::Raise { id: id.to_owned(), name, input }
}

fn see(id: &str, name: &'static str, value: Value) -> Step {
    Step::See { id: id.to_owned(), name, value }
}

fn ends(id: &str, status: &str) -> Step {
    see(id, "runtimeStatus", json!(status))
}

fn one_after_another(rng: &mut Rng, id: &str) -> Vec<Step> {
    let mut steps = vec![start(id, "sequence", json!(1 + rng.below(12)), 0), ends(id, "Completed")];
    if rng.happens(500) {
        steps.push(Step::Purge { id: id.to_owned(), query: "" });
    }
    steps
}

/// Three attempts are made, so the fourth would be one too many.
fn tries(id: &str, name: &'static str, attempt: u64) -> Vec<Step> {
    let status = if attempt <= 3 { "Completed" } else { "Failed" };
    vec![start(id, name, json!(attempt), 0), ends(id, status)]
}

/// Children with ids, of which one fails.
fn ships(id: &str) -> Vec<Step> {
    let order = |id: &str, items: &[&str]| json!({ "id": id, "items": items });
    let orders = json!([order("1", &["tea", "cup"]), order("2", &["unicorn"]), order("3", &[])]);
    vec![start(id, "batch", orders, 0), ends(id, "Completed")]
}

/// Events before, while and after they are waited for, over several executions, and while it is suspended.
fn listens(rng: &mut Rng, id: &str) -> Vec<Step> {
    let wanted = 1 + rng.below(8);
    let mut steps = vec![start(id, "listens", json!({ "wanted": wanted }), late(rng))];
    let suspended = rng.below(2 * wanted);
    for word in 0..wanted {
        if word == suspended {
            // What is recorded of the suspension is then in the history of the execution that waits for this word.
            steps.extend((word > 0).then(|| see(id, "customStatus", json!(word))));
            steps.push(ask(id, "suspend"));
        }
        let name = if word % 2 == 0 { "word" } else { "WORD" };
        // Some words are blobs.
        let bytes = if rng.happens(200) { 40 << 10 } else { 0 };
        steps.push(raise(id, name, json!(large(&format!("{id}-{word}"), bytes))));
    }
    if suspended < wanted {
        steps.extend([ends(id, "Suspended"), ask(id, "resume")]);
    }
    steps.extend([see(id, "customStatus", json!(wanted)), raise(id, "word", json!(format!("{id}-late")))]);
    steps.extend([raise(id, "end", Value::Null), ends(id, "Completed")]);
    steps
}

/// Events from another instance.
fn hears_of_another(rng: &mut Rng, id: &str) -> Vec<Step> {
    let words: Vec<_> = (0..1 + rng.below(7)).map(|word| format!("{id}-{word}")).collect();
    let other = format!("{id}.other");
    vec![
        start(id, "listens", json!({ "wanted": words.len() }), 0),
        start(&other, "passes_on", json!({ "to": id, "words": words }), 0),
        see(id, "customStatus", json!(words.len())),
        raise(id, "end", Value::Null),
        ends(id, "Completed"),
        ends(&other, "Completed"),
    ]
}

fn rewound(id: &str, name: &'static str) -> Vec<Step> {
    vec![start(id, name, Value::Null, 0), ends(id, "Failed"), ask(id, "rewind?reason=again"), ends(id, "Completed")]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Stays,
    IsPurged,
}

/// A parent and a child that would wait for ever.
fn family(id: &str, family: Family) -> Vec<Step> {
    let child = format!("{id}.child");
    let mut steps = vec![
        start(id, "waits_for_child", json!("never"), 0),
        ends(&child, "Running"),
        ask(id, "terminate?recursive=true&reason=enough"),
        ends(id, "Terminated"),
        ends(&child, "Terminated"),
    ];
    if family == Family::IsPurged {
        steps.push(Step::Purge { id: id.to_owned(), query: "?recursive=true" });
    }
    steps
}

/// Somebody decides within a time that does not end, or nobody wants to know any more.
fn decides(rng: &mut Rng, id: &str) -> Vec<Step> {
    let child = format!("{id}.approval");
    let request = json!({ "what": "tea", "cents": 5_000, "patience_ms": 3_600_000 });
    let asked = |id: &str| see(id, "customStatus", json!("May we buy tea for 5000 cents?"));
    match rng.happens(500) {
        true => {
            let decision = json!({ "approved": true, "by": "Ada" });
            let steps = [start(id, "approval", request, 0), asked(id), raise(id, "Approval", decision)];
            steps.into_iter().chain([ends(id, "Completed")]).collect()
        }
        false => {
            let steps = [start(id, "purchase", request, 0), asked(&child), raise(id, "cancel", json!("too dear"))];
            steps.into_iter().chain([ends(id, "Completed"), ends(&child, "Terminated")]).collect()
        }
    }
}

impl Step {
    /// Does it, and repeats it until it is answered.
    pub fn carry_out(&self, client: &mut Patient<'_>, sent: &mut Sent) -> Result<()> {
        match self {
            Self::Start { id, name, input, later_ms } => start_once(client, id, name, input, *later_ms),
            Self::Raise { id, name, input } => {
                let path = format!("{HOOK}/instances/{id}/raiseEvent/{name}");
                let answered = client.send(|client| client.post(&path, &input.to_string()))?;
                // One that was not answered may have been the last that the instance waited for.
                allow(self, &answered, 202, 410)?;
                *sent.entry((id.clone(), name.to_lowercase(), input.to_string())).or_default() +=
                    1 + answered.unanswered;
                Ok(())
            }
            Self::Ask { id, operation } => {
                let path = format!("{HOOK}/instances/{id}/{operation}");
                let answered = client.send(|client| client.post(&path, ""))?;
                let again = if operation.starts_with("rewind") { 412 } else { 410 };
                allow(self, &answered, 202, again)
            }
            Self::Purge { id, query } => {
                let path = format!("{HOOK}/instances/{id}{query}");
                let answered = client.send(|client| client.delete(&path))?;
                allow(self, &answered, 200, 404)
            }
            Self::See { id, name, value } => watch(client, id, name, value),
            Self::Signal { id, operation, input, later_ms } => {
                let path = entities::path(id);
                let answered = client.send(|client| {
                    let query = format!("?op={operation}{}", scheduled("&scheduledTime", *later_ms));
                    client.post(&format!("{path}{query}"), &input.to_string())
                })?;
                allow(self, &answered, 202, 202)?;
                let what = (id.clone(), (*operation).to_owned(), input.to_string());
                *sent.entry(what).or_default() += 1 + answered.unanswered;
                Ok(())
            }
            Self::End { id } => end(client, id),
            Self::Read { id, lines_count } => read(client, id, *lines_count),
        }
    }
}

/// A start that is repeated when the instance has ended would be another one, so who is not answered looks first.
fn start_once(client: &mut Patient<'_>, id: &str, name: &str, input: &Value, later_ms: u64) -> Result<()> {
    let answered = client.send(|client| {
        let there = client.get(&format!("{HOOK}/instances/{id}?showInput=false"))?;
        if there.status != 404 {
            return Ok(there);
        }
        let query = scheduled("?scheduledStartTime", later_ms);
        client.post(&format!("{HOOK}/orchestrators/{name}/{id}{query}"), &input.to_string())
    })?;
    let status = answered.answer.status;
    ensure!(status == 202 || (status == 200 && answered.unanswered > 0), "start of {id} {name}: {answered:?}");
    Ok(())
}

/// A parameter of a request, if there is anything to say.
fn scheduled(name: &str, later_ms: u64) -> String {
    let at = jiff::Timestamp::now() + Duration::from_millis(later_ms);
    if later_ms > 0 { format!("{name}={at}") } else { String::new() }
}

fn allow(step: &Step, answered: &Answered, done: u16, again: u16) -> Result<()> {
    let status = answered.answer.status;
    ensure!(status == done || (status == again && answered.unanswered > 0), "{step:?}: {answered:?}");
    Ok(())
}

fn watch(client: &mut Patient<'_>, id: &str, name: &str, value: &Value) -> Result<()> {
    // The host tells when something has ended; for everything else it has to be asked.
    let is_end = ["Completed", "Failed", "Terminated"].iter().any(|end| value == end);
    let wait = if is_end { "?timeout=60&pollingInterval=1" } else { "" };
    let begun = Instant::now();
    loop {
        let Answered { answer, .. } = client.send(|client| client.get(&format!("{HOOK}/instances/{id}{wait}")))?;
        if answer.status != 404 && answer.json().with_context(|| format!("status of {id}"))?[name] == *value {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "{name} of {id} is not {value}: {answer:?}");
        std::thread::yield_now();
    }
}

fn end(client: &mut Patient<'_>, id: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let path = format!("{HOOK}/instances/{id}?showInput=false&timeout=60&pollingInterval=1");
        let Answered { answer, .. } = client.send(|client| client.get(&path))?;
        if answer.status == 200 {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "{id} does not end: {answer:?}");
    }
}

/// Asks for a notebook until it has so many different lines.
fn read(client: &mut Patient<'_>, id: &str, lines_count: usize) -> Result<()> {
    let path = entities::path(id);
    let begun = Instant::now();
    loop {
        let Answered { answer, .. } = client.send(|client| client.get(&path))?;
        let state = if answer.status == 200 { answer.json()? } else { Value::Null };
        let lines = states::lines(&state);
        let different: BTreeSet<_> = lines.iter().collect();
        if different.len() >= lines_count {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "{id} has not {lines_count} lines: {} {lines:?}", answer.status);
        std::thread::yield_now();
    }
}
