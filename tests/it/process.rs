//! SIGKILL at many points while every feature is in use: all ends as on a host that nobody disturbed.
//!
//! When a host is killed is drawn from a seed (`DACAPO_KILL_SEED`); where exactly that hits it is up to the machine. Its
//! clients repeat what is not answered. That nothing is lost that was acknowledged follows from the comparison: what a
//! client was told that it had done is in the history of the calm host, too.

mod door;
mod jobs;
mod outcome;

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow, ensure};
use tests::sim::rng::Rng;

use self::door::{Door, Patient};
use self::jobs::{KINDS_COUNT, Raised, job};
use self::outcome::{Outcome, Outcomes};
use crate::fixture;

const KILLS_COUNT: usize = 30;
const CLIENTS_COUNT: usize = 4;
const LIFE_MIN_MS: u64 = 3;
const LIFE_MAX_MS: u64 = 400;
/// However few a slow machine manages between the kills.
const JOBS_MIN_COUNT: u64 = 3 * KINDS_COUNT;
const SEED_DEFAULT: u64 = 20_261_122;

/// What came of all jobs.
struct Done {
    outcomes: Outcomes,
    sent: Raised,
    lives: Vec<Life>,
    jobs_count: u64,
    /// How long the slowest start of a host took.
    start_max_ms: u64,
}

/// What one process of the host did until it was killed.
struct Life {
    /// Milliseconds since 1970, just before it was started and after the one before it was gone.
    begun_ms: u64,
    log: Vec<String>,
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
    let seed = std::env::var("DACAPO_KILL_SEED").ok().map_or(Ok(SEED_DEFAULT), |text| text.parse())?;
    println!("DACAPO_KILL_SEED={seed}");
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
    let Done { outcomes, sent, lives, jobs_count, start_max_ms } = disturbed;
    let unanswered = sent.values().filter(|count| **count > 1).count();
    let kills_count = lives.len() - 1;
    println!("{kills_count} kills, {jobs_count} jobs, {} instances; slowest start {start_max_ms} ms", outcomes.len());
    println!("{} events, of which {unanswered} were sent more than once; {} wrong", sent.len(), wrong.len());
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// Clients do so many jobs of a seed with a host that is killed so many times. If it is not known how many, the last kill
/// decides.
fn run(seed: u64, count: Option<u64>, kills_count: usize) -> Result<Done> {
    let folder = fixture::folder()?;
    let mut command = fixture::command(folder.path())?;
    command.log = "server::driver::tasks=debug".to_owned();
    let (door, agenda) = (Door::default(), Mutex::new(Agenda { next: 0, count }));
    let (mut rng, mut lives, mut start_max_ms) = (Rng::new(seed), Vec::new(), 0);
    std::thread::scope(|scope| {
        let (gone, clients_gone) = channel();
        let client = |gone: Sender<()>| {
            let (agenda, client) = (&agenda, door.client());
            scope.spawn(move || {
                let done = work(seed, agenda, client);
                drop(gone);
                done
            })
        };
        let clients: Vec<_> = (0..CLIENTS_COUNT).map(|_| client(gone.clone())).collect();
        drop(gone);
        for life in 0..kills_count {
            let begun_ms = now_ms()?;
            let mut host = command.spawn()?;
            // Some are killed while they recover what the one before left.
            let length_ms = if rng.happens(150) {
                rng.below(LIFE_MAX_MS / 4)
            } else {
                host.wait_until_it_serves()?;
                start_max_ms = start_max_ms.max(now_ms()? - begun_ms);
                door.open(life, &host.url);
                LIFE_MIN_MS + rng.below(LIFE_MAX_MS - LIFE_MIN_MS)
            };
            let waited = clients_gone.recv_timeout(Duration::from_millis(length_ms));
            lives.push(Life { begun_ms, log: host.kill() });
            if waited == Err(RecvTimeoutError::Disconnected) {
                break;
            }
        }
        let begun_ms = now_ms()?;
        let host = command.start()?;
        let jobs_count = lock(&agenda).close();
        door.open(kills_count, &host.url);
        let mut sent = Raised::new();
        for client in clients {
            sent.extend(client.join().expect("a client does not panic")?);
        }
        let outcomes = outcome::read(&host)?;
        lives.push(Life { begun_ms, log: host.kill() });
        Ok(Done { outcomes, sent, lives, jobs_count, start_max_ms })
    })
}

/// One client: it does one job after the other.
fn work(seed: u64, agenda: &Mutex<Agenda>, mut client: Patient<'_>) -> Result<Raised> {
    let mut raised = Raised::new();
    // A closure, for the lock is not to be held while the job is done.
    let next = || lock(agenda).take();
    while let Some(number) = next() {
        for step in job(seed, number) {
            step.carry_out(&mut client, &mut raised)?;
        }
    }
    Ok(raised)
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

fn now_ms() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}
