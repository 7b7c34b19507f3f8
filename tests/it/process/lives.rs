//! A host that is killed and started again while clients work with it.
//!
//! When it is killed is drawn from a seed; where exactly that hits it is up to the machine. It does not know what the clients
//! do. The last host is not killed.

use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use tests::host::{Host, HostCommand};
use tests::sim::rng::Rng;

use super::door::{Door, Patient};

const SEED_DEFAULT: u64 = 20_261_122;
/// How long a host lives that serves.
const LIFE_MS: Range<u64> = 3..400;

/// A host that does not live long.
#[derive(Debug)]
pub struct Disturbed {
    /// How it is started.
    pub command: HostCommand,
    /// From which the moments of its deaths follow.
    pub seed: u64,
    /// How often it is killed, if its clients have work for so long.
    pub kills_count: usize,
    /// How many clients it has.
    pub clients_count: usize,
}

/// Nobody is asked anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The host was killed.
    Dead,
    /// The host that serves now will not be killed.
    Last,
}

/// What came of it.
#[derive(Debug)]
pub struct Lived<T> {
    /// What each client gave.
    pub answers: Vec<T>,
    /// The hosts that were killed.
    pub lives: Vec<Life>,
    /// The host that runs now, and when it was started in milliseconds since 1970.
    pub last: (Host, u64),
    /// How long the slowest start of a host took.
    pub start_max_ms: u64,
}

/// What one process of the host did until it was killed.
#[derive(Debug)]
pub struct Life {
    /// Milliseconds since 1970, just before it was started and after the one before it was gone.
    pub begun_ms: u64,
    /// What it said.
    pub log: Vec<String>,
}

/// The seed of this run: `DACAPO_KILL_SEED`, or always the same.
pub fn seed() -> Result<u64> {
    let seed = std::env::var("DACAPO_KILL_SEED").ok().map_or(Ok(SEED_DEFAULT), |text| text.parse())?;
    println!("DACAPO_KILL_SEED={seed}");
    Ok(seed)
}

impl Disturbed {
    /// Lets clients, which have numbers, do what they want to do.
    pub fn live<T: Send>(
        &self,
        client: impl Fn(usize, Patient<'_>) -> Result<T> + Sync,
        between: impl Fn(Pause) -> Result<()>,
    ) -> Result<Lived<T>> {
        let (door, client) = (Door::default(), &client);
        let (mut rng, mut lives, mut start_max_ms) = (Rng::new(self.seed), Vec::new(), 0);
        std::thread::scope(|scope| {
            let (gone, clients_gone) = channel();
            let begin = |number: usize, gone: Sender<()>| {
                let patient = door.client();
                scope.spawn(move || {
                    let done = client(number, patient);
                    drop(gone);
                    done
                })
            };
            let clients: Vec<_> = (0..self.clients_count).map(|number| begin(number, gone.clone())).collect();
            drop(gone);
            for life in 0..self.kills_count {
                let begun_ms = now_ms()?;
                let mut host = self.command.spawn()?;
                // Some are killed while they recover what the one before left.
                let length_ms = if rng.happens(150) {
                    rng.below(LIFE_MS.end / 4)
                } else {
                    host.wait_until_it_serves()?;
                    start_max_ms = start_max_ms.max(now_ms()? - begun_ms);
                    door.open(life, &host.url);
                    LIFE_MS.start + rng.below(LIFE_MS.end - LIFE_MS.start)
                };
                let waited = clients_gone.recv_timeout(Duration::from_millis(length_ms));
                lives.push(Life { begun_ms, log: host.kill() });
                between(Pause::Dead)?;
                if waited == Err(RecvTimeoutError::Disconnected) {
                    break;
                }
            }
            let begun_ms = now_ms()?;
            let host = self.command.start()?;
            between(Pause::Last)?;
            door.open(self.kills_count, &host.url);
            let answers = clients.into_iter().map(|client| client.join().expect("a client does not panic"));
            Ok(Lived { answers: answers.collect::<Result<_>>()?, lives, last: (host, begun_ms), start_max_ms })
        })
    }
}

fn now_ms() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}
