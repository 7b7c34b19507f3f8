//! SIGKILL at many points under mixed load: what was acknowledged is there and ends as if nothing had happened.
//!
//! The point of a kill is a number of attempts of activities that the host has logged, drawn from a seed
//! (`DACAPO_KILL_SEED`), while several clients go on starting work. Where exactly it hits is up to the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tests::host::Host;
use tests::http::Client;

use crate::fixture;
use tests::sim::rng::Rng;

const KILLS_COUNT: usize = 30;
const CLIENTS_COUNT: u64 = 3;
const ATTEMPTS_MAX_COUNT: u64 = 200;
const SEED_DEFAULT: u64 = 20_261_122;

/// One orchestration that a client asked for.
#[derive(Debug, Clone)]
struct Job {
    id: String,
    name: &'static str,
    input: Value,
    start: Acknowledged,
    termination: Option<Acknowledged>,
}

/// Whether the client was told that it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acknowledged {
    Yes,
    No,
}

/// What one process of the host did until it was killed.
#[derive(Debug)]
struct Life {
    /// Milliseconds since 1970, just before it was started and after the one before it was gone.
    begun_ms: u64,
    log: Vec<String>,
}

/// By instance and task: the numbers of the lives that attempted it, one for each attempt.
type Attempts = BTreeMap<String, BTreeMap<u64, Vec<usize>>>;

#[derive(Debug, Default)]
struct Tally {
    lost: Vec<String>,
    wrong: Vec<String>,
    twice: Vec<String>,
    again: Vec<String>,
}

#[test]
fn nothing_is_lost_and_nothing_recorded_twice() -> Result<()> {
    let seed = std::env::var("DACAPO_KILL_SEED").ok().map_or(Ok(SEED_DEFAULT), |text| text.parse())?;
    println!("DACAPO_KILL_SEED={seed}");
    let folder = fixture::folder()?;
    let mut command = fixture::command(folder.path())?;
    command.log = "server::driver::tasks=debug".to_owned();
    let (mut rng, mut jobs, mut lives, mut slowest_ms) = (Rng::new(seed), Vec::new(), Vec::new(), 0);
    for round in 0..KILLS_COUNT {
        let begun_ms = now_ms()?;
        let mut host = command.start().with_context(|| format!("life {round}"))?;
        slowest_ms = slowest_ms.max(now_ms()? - begun_ms);
        jobs.extend(live(&mut host, round, &mut rng)?);
        lives.push(Life { begun_ms, log: host.kill() });
    }
    let begun_ms = now_ms()?;
    let host = command.start()?;
    let ended = jobs.iter().map(|job| settle(&host, job)).collect::<Result<Vec<_>>>()?;
    let known: BTreeSet<_> = jobs.iter().map(|job| job.id.as_str()).collect();
    let listed = host.client().get("/durabletask/instances?showInput=false&showOutput=false")?.json()?;
    lives.push(Life { begun_ms, log: host.kill() });

    let attempts = attempts(&lives);
    let mut tally = Tally::default();
    for (job, ended) in jobs.iter().zip(&ended) {
        tally.add(job, ended.as_ref(), attempts.get(&job.id).unwrap_or(&BTreeMap::new()), &lives);
    }
    let strangers = listed.as_array().context("a list")?.iter();
    let strangers = strangers.filter(|one| !known.contains(one["instanceId"].as_str().unwrap_or_default())).count();
    let acknowledged = jobs.iter().filter(|job| job.start == Acknowledged::Yes).count();
    let begun: usize = attempts.values().flat_map(BTreeMap::values).map(Vec::len).sum();
    let tasks: usize = attempts.values().map(BTreeMap::len).sum();
    println!(
        "{KILLS_COUNT} kills, {acknowledged} of {} starts acknowledged, {tasks} tasks in {begun} attempts; \
         slowest start {slowest_ms} ms",
        jobs.len()
    );
    let Tally { lost, wrong, twice, again } = tally;
    println!("lost {}, wrong {}, twice {}, again {}", lost.len(), wrong.len(), twice.len(), again.len());
    ensure!(lost.is_empty(), "lost: {lost:#?}");
    ensure!(wrong.is_empty(), "ended wrongly: {wrong:#?}");
    ensure!(twice.is_empty(), "results that are recorded more or less than once: {twice:#?}");
    ensure!(again.is_empty(), "ran again although their result was recorded: {again:#?}");
    ensure!(strangers == 0, "{strangers} instances that nobody started");
    Ok(())
}

/// One life of the host: clients start work until it is killed.
fn live(host: &mut Host, round: usize, rng: &mut Rng) -> Result<Vec<Job>> {
    // Some lives end while the host still recovers what the last one left.
    let attempts = if rng.happens(150) { 0 } else { 1 + rng.below(ATTEMPTS_MAX_COUNT) };
    let count = AtomicUsize::new(0);
    let url = host.url.clone();
    let seeds: Vec<_> = (0..CLIENTS_COUNT).map(|_| rng.number()).collect();
    std::thread::scope(|scope| {
        let clients: Vec<_> = seeds
            .into_iter()
            .map(|seed| {
                let (count, client) = (&count, Client::new(&url));
                scope.spawn(move || {
                    load(&client, Rng::new(seed), || format!("{round}-{}", count.fetch_add(1, Ordering::Relaxed)))
                })
            })
            .collect();
        let waited = host.wait_for_lines("attempt", usize::try_from(attempts)?);
        host.strike()?;
        let jobs = clients.into_iter().map(|client| client.join().expect("a client does not panic"));
        let jobs = jobs.collect::<Result<Vec<_>>>()?;
        waited?;
        Ok(jobs.into_iter().flatten().collect())
    })
}

/// Starts work until the host is gone.
fn load(client: &Client, mut rng: Rng, id: impl Fn() -> String) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    loop {
        let (name, input) = work(&mut rng);
        let mut job = Job { id: id(), name, input, start: Acknowledged::No, termination: None };
        let path = format!("/durabletask/orchestrators/{name}/{}", job.id);
        let started = client.post(&path, &job.input.to_string());
        let Ok(answer) = started else {
            jobs.push(job);
            return Ok(jobs);
        };
        ensure!(answer.status == 202, "the start of {job:?} was answered {answer:?}");
        job.start = Acknowledged::Yes;
        let gone = is_long(&job) && {
            let answer = client.terminate(&job.id, "enough");
            job.termination = Some(if answer.is_ok() { Acknowledged::Yes } else { Acknowledged::No });
            let refused = answer.as_ref().is_ok_and(|answer| answer.status != 202);
            ensure!(!refused, "the end of {job:?} was answered {answer:?}");
            answer.is_err()
        };
        jobs.push(job);
        if gone {
            return Ok(jobs);
        }
    }
}

fn work(rng: &mut Rng) -> (&'static str, Value) {
    match rng.below(20) {
        0..3 => ("hello_sequence", Value::Null),
        3..8 => ("sequence", json!(1 + rng.below(12))),
        8..12 => ("fan_out", json!(1 + rng.below(30))),
        12..15 => ("remind", json!({ "after_ms": 1 + rng.below(150), "text": "tea" })),
        15..17 => ("ask_in_time", json!({ "text": "Tea?", "patience_ms": rng.below(20) })),
        17..19 => ("tries", json!(1 + rng.below(4))),
        _ => ("remind", json!({ "after_ms": 3_600_000, "text": "never" })),
    }
}

fn is_long(job: &Job) -> bool {
    job.input["text"] == "never"
}

/// The status document of a job that has ended, or nothing if it does not exist.
fn settle(host: &Host, job: &Job) -> Result<Option<Value>> {
    let client = host.client();
    if client.status(&job.id)?.status == 404 {
        return Ok(None);
    }
    if is_long(job) && job.termination != Some(Acknowledged::Yes) {
        let answer = client.terminate(&job.id, "enough")?;
        ensure!([202, 410].contains(&answer.status), "the end of {job:?} was answered {answer:?}");
    }
    client.wait(&job.id).map(Some)
}

fn attempts(lives: &[Life]) -> Attempts {
    let mut found = Attempts::new();
    for (number, life) in lives.iter().enumerate() {
        for line in life.log.iter().filter(|line| line.contains(" attempt ")) {
            let value = |key: &str| line.split_whitespace().find_map(|word| word.strip_prefix(key)).unwrap_or_default();
            let task = value("task=").parse().expect("a task has a number");
            found.entry(value("instance=").to_owned()).or_default().entry(task).or_default().push(number);
        }
    }
    found
}

fn now_ms() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

impl Tally {
    fn add(&mut self, job: &Job, ended: Option<&Value>, attempts: &BTreeMap<u64, Vec<usize>>, lives: &[Life]) {
        let Some(ended) = ended else {
            if job.start == Acknowledged::Yes {
                self.lost.push(format!("{job:?}"));
            }
            return;
        };
        if let Err(error) = check_end(job, ended) {
            self.wrong.push(format!("{job:?}: {error}: {ended}"));
        }
        if is_long(job) {
            return;
        }
        let recorded = recorded(ended);
        // Who does not wait for an answer may end before it comes.
        let is_complete = recorded.len() == attempts.len() || (job.name == "ask_in_time" && recorded.len() <= 1);
        if !is_complete {
            self.twice.push(format!("{job:?}: {} recorded, {} ran: {ended}", recorded.len(), attempts.len()));
            return;
        }
        for (recorded, (task, attempts)) in recorded.iter().zip(attempts) {
            let is_late = attempts.iter().any(|life| lives[*life].begun_ms > millis(recorded));
            if is_late {
                self.again.push(format!("{}/{task}, recorded at {recorded}, ran in lives {attempts:?}", job.id));
            }
        }
    }
}

fn check_end(job: &Job, ended: &Value) -> Result<()> {
    let status = ended["runtimeStatus"].as_str().context("a status")?;
    let number = job.input.as_u64().unwrap_or(0);
    let expect = match job.name {
        _ if is_long(job) => ("Terminated", json!("enough")),
        "hello_sequence" => ("Completed", json!(["Hello, Tokyo!", "Hello, Seattle!", "Hello, London!"])),
        "sequence" => ("Completed", json!(number)),
        "fan_out" => ("Completed", json!((1..=number).map(|number| number * number).sum::<u64>())),
        "remind" => ("Completed", json!("tea")),
        "tries" if number <= 3 => ("Completed", json!(number)),
        "tries" => ("Failed", json!("attempt 3")),
        "ask_in_time" => {
            let is_answered = first(ended, "TaskCompleted") < first(ended, "TimerFired");
            ("Completed", json!(if is_answered { "Tea? Yes." } else { "No." }))
        }
        _ => bail!("an unknown job"),
    };
    ensure!((status, &ended["output"]) == (expect.0, &expect.1), "not {expect:?}");
    Ok(())
}

fn events(ended: &Value) -> impl Iterator<Item = &Value> {
    ended["historyEvents"].as_array().into_iter().flatten()
}

fn first(ended: &Value, kind: &str) -> usize {
    events(ended).position(|event| event["EventType"] == kind).unwrap_or(usize::MAX)
}

/// When the end of each task was recorded, in the order in which the tasks were scheduled.
fn recorded(ended: &Value) -> Vec<&str> {
    let done = |event: &&Value| event["EventType"] == "TaskCompleted" || event["EventType"] == "TaskFailed";
    let mut tasks: Vec<_> = events(ended).filter(done).collect();
    tasks.sort_by_key(|task| (millis(task["ScheduledTime"].as_str().unwrap_or_default()), task["Input"].as_u64()));
    tasks.into_iter().map(|task| task["Timestamp"].as_str().unwrap_or_default()).collect()
}

/// Milliseconds since 1970 of a time as the host writes it, such as 2026-11-22T05:00:00.5Z.
fn millis(time: &str) -> u64 {
    let digits = |from: usize, to: usize| time.get(from..to).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (year, month, day) = (digits(0, 4), digits(5, 7), digits(8, 10));
    // Years begin in March here, so that the day that leap years add is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + digits(11, 13) * 3_600 + digits(14, 16) * 60 + digits(17, 19);
    let fraction = time.get(20..).unwrap_or_default().trim_end_matches('Z');
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    seconds * 1_000 + thousandths.parse::<u64>().unwrap_or(0)
}

#[test]
fn times_are_read() {
    let check = |text: &str, expect: u64| assert_eq!(millis(text), expect, "{text}");
    check("1970-01-01T00:00:00Z", 0);
    check("2026-11-22T05:00:00.5Z", 1_795_323_600_500);
    check("2024-02-29T23:59:59.038Z", 1_709_251_199_038);
}
