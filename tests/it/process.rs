//! SIGKILL at many points while every feature is in use: all ends as on a host that nobody disturbed.
//!
//! Its clients repeat what is not answered. That nothing is lost that was acknowledged follows from the comparison: what a
//! client was told that it had done is in the history of the calm host, too.

mod door;
mod jobs;
mod lives;
mod outcome;
mod puts;
mod states;
mod transfers;

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, anyhow, ensure};

use self::door::Patient;
use self::jobs::{EVERYBODYS, KINDS_COUNT, Sent, job};
use self::lives::{Disturbed, Life, Lived, Pause};
use self::outcome::{Outcome, Outcomes};
use self::states::States;
use crate::fixture;

const KILLS_COUNT: usize = 30;
const CLIENTS_COUNT: usize = 4;
/// However few a slow machine manages between the kills.
const JOBS_MIN_COUNT: u64 = 3 * KINDS_COUNT;

/// What came of all jobs.
struct Done {
    outcomes: Outcomes,
    states: States,
    sent: Sent,
    lives: Vec<Life>,
    jobs_count: u64,
    start_max_ms: u64,
}

/// The jobs that are to be done.
#[derive(Debug, Clone, Copy)]
struct Agenda {
    next: u64,
    /// How many they are, if that is known.
    count: Option<u64>,
}

#[test]
fn a_host_that_is_killed_does_what_one_does_that_is_not() -> Result<()> {
    let seed = lives::seed()?;
    let disturbed = run(seed, None, KILLS_COUNT)?;
    let calm = run(seed, Some(disturbed.jobs_count), 0)?;

    let mut wrong = Vec::new();
    for (name, outcome) in &disturbed.outcomes {
        let compared = match calm.outcomes.get(name) {
            Some(calm) => outcome.compare(calm, &disturbed.sent),
            None => Err(anyhow!("it is there, and should not be")),
        };
        wrong.extend(compared.err().map(|error| format!("{name}: {error}")));
        wrong.extend(again(outcome, &disturbed.lives));
    }
    let lost = calm.outcomes.keys().filter(|name| !disturbed.outcomes.contains_key(*name));
    wrong.extend(lost.map(|name| format!("{name}: it is lost")));
    wrong.extend(states::differences(&disturbed.states, &calm.states, &disturbed.sent));
    let Done { outcomes, states, sent, lives, jobs_count, start_max_ms } = disturbed;
    println!("{} kills, {jobs_count} jobs, slowest start {start_max_ms} ms", lives.len() - 1);
    println!("{} instances, {} entities, {} wrong", outcomes.len(), states.len(), wrong.len());
    let unanswered = sent.values().filter(|count| **count > 1).count();
    println!("{} events and signals, of which {unanswered} were sent more than once", sent.len());
    let [counted, ok] = [&states, &calm.states].map(|states| &states[EVERYBODYS]["value"]);
    println!("the counter of everybody: {ok} ok, {} sent, {counted} counted", states::most(EVERYBODYS, &sent));
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// Clients do so many jobs of a seed with a host that is killed so many times. If it is not known how many, the last kill
/// decides.
fn run(seed: u64, count: Option<u64>, kills_count: usize) -> Result<Done> {
    let folder = fixture::folder()?;
    let mut command = fixture::command(folder.path())?;
    command.log = "server::driver::tasks=debug".to_owned();
    let agenda = Mutex::new(Agenda { next: 0, count });
    let close = |pause| {
        if pause == Pause::Last {
            lock(&agenda).close();
        }
        Ok(())
    };
    let disturbed = Disturbed { command, seed, kills_count, clients_count: CLIENTS_COUNT };
    let Lived { answers, mut lives, last, start_max_ms } =
        disturbed.live(|_, client| work(seed, &agenda, client), close)?;
    let mut sent = Sent::new();
    for (what, count) in answers.into_iter().flatten() {
        *sent.entry(what).or_default() += count;
    }
    let (host, begun_ms) = last;
    let (outcomes, states) = (outcome::read(&host)?, states::read(&host)?);
    lives.push(Life { begun_ms, log: host.kill() });
    let jobs_count = lock(&agenda).close();
    Ok(Done { outcomes, states, sent, lives, jobs_count, start_max_ms })
}

/// One client: it does one job after the other.
fn work(seed: u64, agenda: &Mutex<Agenda>, mut client: Patient<'_>) -> Result<Sent> {
    let mut sent = Sent::new();
    // A closure, for the lock is not to be held while the job is done.
    let next = || lock(agenda).take();
    while let Some(number) = next() {
        for step in job(seed, number) {
            step.carry_out(&mut client, &mut sent)?;
        }
    }
    Ok(sent)
}

/// Activities that ran after their result was recorded.
fn again(outcome: &Outcome, lives: &[Life]) -> Vec<String> {
    let instance = format!("instance={}", outcome.id);
    let late = lives.iter().flat_map(|life| life.log.iter().map(|line| (life.begun_ms, line)));
    let late = late.filter(|(begun_ms, line)| {
        let mut words = line.split_whitespace();
        let task = line.split_whitespace().find_map(|word| word.strip_prefix("task="));
        let recorded = task.and_then(|task| outcome.results.get(&task.parse().ok()?));
        // Tasks are numbered anew in each execution.
        outcome.execution == 1 && words.any(|word| word == instance) && recorded.is_some_and(|at| at < begun_ms)
    });
    late.map(|(_, line)| format!("ran although its result was recorded: {line}")).collect()
}

impl Agenda {
    fn take(&mut self) -> Option<u64> {
        let number = Some(self.next).filter(|next| self.count.is_none_or(|count| *next < count))?;
        self.next += 1;
        Some(number)
    }

    /// No more jobs are added than make it enough. Gives how many they are.
    fn close(&mut self) -> u64 {
        *self.count.get_or_insert(self.next.max(JOBS_MIN_COUNT))
    }
}

fn lock(agenda: &Mutex<Agenda>) -> MutexGuard<'_, Agenda> {
    agenda.lock().unwrap_or_else(PoisonError::into_inner)
}
