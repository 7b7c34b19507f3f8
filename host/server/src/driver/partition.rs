//! The partition thread: feeds inputs to the state machine and carries its effects out.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel as queue;
use kernel::limits::{BLOB_RETRY_MAX_MS, WARM_SESSIONS_MAX_BYTES, WARM_SESSIONS_MAX_COUNT};
use kernel::model::{InstanceId, Millis};
use kernel::orchestration::Held;
use kernel::partition::{BatchNo, Effect, Input, Partition, Reply, ReplyTo};
use kernel::port::{CommitError, Recovery};
use store_sqlite::{Readers, Writer, WriterHandle, spawn_writer};
use tokio::sync::oneshot;

use super::histories::Histories;
use super::sessions::{Budget, Warm};
use super::tasks::{ActivityClients, Running, Tasks, World};
use super::threads::{Priority, lower, spawn};
use super::turns::{Job, TurnWorker};
use super::{Clock, Mail, Mailbox, Payloads, Refusals, Sessions, sweeper};
use blobs::Blobs;

use crate::egress::Egress;
use crate::hub::Components;

/// How many inputs are taken in before what they led to is committed.
const INPUTS_PER_FLUSH_MAX_COUNT: usize = 1_024;

/// Why instances do not go on, by name; shared with those who show a status.
pub(crate) type HeldInstances = Arc<RwLock<BTreeMap<InstanceId, Held>>>;

/// The handle of the commit thread.
pub(crate) type Commits = WriterHandle<BatchNo>;

/// What a driver is made of.
pub(crate) struct Parts {
    pub clock: Arc<Clock>,
    pub components: Arc<Components>,
    pub egress: Egress,
    pub blobs: Blobs,
    /// How long a blob stays to which nothing refers.
    pub blob_grace: Millis,
    pub refusals: Refusals,
    /// The largest payload that is taken, in bytes.
    pub payload_max_bytes: usize,
    pub clients: ActivityClients,
    pub readers: Readers,
    pub commits: Arc<Commits>,
    pub recovery: Recovery,
    pub mailbox: Mailbox,
    pub mail: mpsc::Receiver<Mail>,
    /// How many threads play turns, and how many run activities.
    pub guest_threads: usize,
}

/// Starts the commit thread, which reports to a mailbox.
pub(crate) fn start_commits(
    writer: Writer,
    partition: Mailbox,
    refusals: Refusals,
    clock: Arc<Clock>,
) -> io::Result<Commits> {
    spawn_writer(writer, move |batch, outcome| {
        let mail = match outcome {
            Ok(()) => Mail::Input(Input::Committed(batch)),
            Err(CommitError::Full(text)) => {
                refusals.note(clock.now());
                tracing::warn!("the storage is full, new instances are refused: {text}");
                Mail::Input(Input::Refused(batch))
            }
            Err(CommitError::Lost(text)) => Mail::StoreLost(text),
        };
        // Without a partition thread the host stops, and nobody waits for this batch.
        let _ = partition.send(mail);
    })
}

/// The running threads of one hub.
#[derive(Debug)]
pub(crate) struct Driver {
    pub mailbox: Mailbox,
    pub held: HeldInstances,
    pub running: Running,
    pub payloads: Payloads,
    partition: JoinHandle<()>,
    activities: tokio::runtime::Runtime,
}

impl Driver {
    /// Starts the threads; instances with open tasks go on at once.
    pub fn start(parts: Parts) -> io::Result<Self> {
        let mailbox = parts.mailbox;
        let activities = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(parts.guest_threads)
            .thread_name("activities")
            .on_thread_start(|| lower(Priority::Guest))
            .enable_all()
            .build()?;
        let runtime = activities.handle().clone();
        let held = HeldInstances::default();
        let (blobs, readers) = (parts.blobs.clone(), parts.readers.clone());
        sweeper::start(&runtime, blobs, parts.blob_grace, readers, parts.refusals, Arc::clone(&parts.clock));
        let payloads = Payloads::new(parts.blobs, parts.payload_max_bytes, runtime.clone());
        let world = World {
            components: Arc::clone(&parts.components),
            egress: parts.egress,
            payloads: payloads.clone(),
            clients: parts.clients,
            held: Arc::clone(&held),
            clock: Arc::clone(&parts.clock),
            partition: mailbox.clone(),
        };
        let running = Running::default();
        let tasks = Tasks::new(runtime.clone(), world, running.clone());
        let warm = Budget { count: WARM_SESSIONS_MAX_COUNT, bytes: WARM_SESSIONS_MAX_BYTES };
        let sessions = Arc::new(Sessions::new(warm));
        let turns = TurnWorker {
            components: parts.components,
            readers: parts.readers,
            payloads: payloads.clone(),
            sessions: Arc::clone(&sessions),
            histories: Histories::default(),
            partition: mailbox.clone(),
        };
        let jobs = start_turn_threads(&turns, parts.guest_threads)?;
        let retry = Retry { runtime, partition: mailbox.clone(), is_set: Arc::default() };
        let hands = Hands {
            jobs,
            tasks,
            commits: parts.commits,
            sessions,
            held: Arc::clone(&held),
            asking: HashMap::new(),
            retry,
        };
        let (mail, clock, recovery) = (parts.mail, parts.clock, parts.recovery);
        let partition = spawn("partition", Priority::Host, move || run(&mail, &clock, recovery, hands))?;
        Ok(Self { mailbox, held, running, payloads, partition, activities })
    }

    /// Waits for the commit that is under way and stops. Activities that run are broken off; they run again later.
    pub fn stop(self) {
        // If the partition thread is gone already there is nobody to stop.
        let _ = self.mailbox.send(Mail::Stop);
        let _ = self.partition.join();
        self.activities.shutdown_background();
    }
}

fn start_turn_threads(worker: &TurnWorker, count: usize) -> io::Result<queue::Sender<Job>> {
    let (jobs, todo) = queue::unbounded::<Job>();
    for number in 0..count {
        let (todo, worker) = (todo.clone(), worker.clone());
        spawn(&format!("turns-{number}"), Priority::Guest, move || {
            for job in todo {
                worker.run(job);
            }
        })?;
    }
    Ok(jobs)
}

fn run(mail: &mpsc::Receiver<Mail>, clock: &Clock, recovery: Recovery, mut hands: Hands) {
    let mut effects = Vec::new();
    let mut partition = Partition::recover(recovery, clock.now(), &mut effects);
    let mut phase = Phase::Open;
    loop {
        partition.flush(clock.now(), &mut effects);
        hands.carry_out(&mut effects);
        if phase == Phase::Stopping && !partition.is_committing() {
            return;
        }
        let Some(first) = next(mail, clock, &partition) else { return };
        let now = clock.now();
        for letter in std::iter::once(first).chain(mail.try_iter().take(INPUTS_PER_FLUSH_MAX_COUNT)) {
            let input = match letter {
                Mail::Input(input) => input,
                Mail::Left { id, reply } => {
                    hands.asking.remove(&reply);
                    Input::Left { id, reply }
                }
                // Dropping the sender tells the one who asks that the host stops.
                Mail::Ask { .. } if phase == Phase::Stopping => continue,
                Mail::Ask { op, reply, watch } => {
                    hands.asking.extend(watch);
                    let (to, sender) = reply;
                    hands.asking.insert(to, sender);
                    Input::Request { reply: to, op }
                }
                Mail::StoreLost(text) => store_lost(&text),
                Mail::Stop => {
                    phase = Phase::Stopping;
                    continue;
                }
            };
            partition.handle(now, input, &mut effects);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Stopping,
}

/// Waits for mail, or until something is due.
fn next(mail: &mpsc::Receiver<Mail>, clock: &Clock, partition: &Partition) -> Option<Mail> {
    match partition.wake_at() {
        None => mail.recv().ok(),
        Some(at) => match mail.recv_timeout(clock.until(at)) {
            Ok(letter) => Some(letter),
            Err(mpsc::RecvTimeoutError::Timeout) => Some(Mail::Input(Input::Tick)),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
        },
    }
}

/// After a commit whose outcome is unknown, memory and disk may differ, and only a new start is sure to mend that: it is
/// the same way as after a crash, which is tested more than any other.
fn store_lost(text: &str) -> ! {
    tracing::error!("the outcome of a commit is unknown, the host stops and recovers at its next start: {text}");
    std::process::exit(crate::EXIT_STORE_LOST);
}

/// What the partition thread reaches the world with.
struct Hands {
    jobs: queue::Sender<Job>,
    tasks: Tasks,
    commits: Arc<Commits>,
    sessions: Arc<Sessions<Warm>>,
    held: HeldInstances,
    asking: HashMap<ReplyTo, oneshot::Sender<Reply>>,
    retry: Retry,
}

/// Lets what is held for want of a blob be tried again after a while.
struct Retry {
    runtime: tokio::runtime::Handle,
    partition: Mailbox,
    is_set: Arc<AtomicBool>,
}

impl Retry {
    fn set(&self) {
        if self.is_set.swap(true, Ordering::Relaxed) {
            return;
        }
        let (partition, is_set) = (self.partition.clone(), Arc::clone(&self.is_set));
        self.runtime.spawn(async move {
            tokio::time::sleep(Duration::from_millis(BLOB_RETRY_MAX_MS)).await;
            is_set.store(false, Ordering::Relaxed);
            // Without a partition thread nobody is held.
            let _ = partition.send(Mail::Input(Input::Retry));
        });
    }
}

impl Hands {
    fn carry_out(&mut self, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Load(key, load, depth) => self.job(Job::Load(key, load, depth)),
                Effect::Play { no, work } => self.job(Job::Play(no, work)),
                Effect::Apply { no, component, batch } => self.job(Job::Apply(no, component, batch)),
                Effect::Run(task) => self.tasks.run(*task),
                Effect::Stop(no, of) => self.tasks.stop(no, of),
                Effect::StopAll(no) => self.tasks.stop_all(no),
                Effect::Commit(no, batch) => {
                    if let Err(error) = self.commits.submit(no, batch) {
                        store_lost(&error.to_string());
                    }
                }
                Effect::Reply(to, reply) => {
                    if let Some(sender) = self.asking.remove(&to) {
                        // Who asked may have left meanwhile.
                        let _ = sender.send(reply);
                    }
                }
                Effect::Forget(no) => self.sessions.forget(no),
                Effect::Hold { id, held } => {
                    if matches!(held, Held::Blob { .. }) || (id.is_entity() && matches!(held, Held::Unavailable(_))) {
                        self.retry.set();
                    }
                    let mut table = self.held.write().unwrap_or_else(PoisonError::into_inner);
                    // One that is tried again and again is told of once.
                    if table.get(&id) != Some(&held) {
                        tracing::warn!(instance = %id, "held: {held}");
                    }
                    table.insert(id, held);
                }
                Effect::Release(id) => {
                    tracing::info!(instance = %id, "not held any more");
                    self.held.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
                }
                Effect::SignalFailed { id, failed } => {
                    tracing::warn!(entity = %id, operation = %failed.name, "a signal failed: {}", failed.failure);
                }
                Effect::Lost(what) => tracing::warn!("{what}"),
                Effect::Warn(id, warning) => tracing::warn!(instance = %id, "close to a limit: {warning}"),
                Effect::BadLetter(why) => {
                    tracing::error!("a message between instances cannot be read and is left where it is: {why}");
                }
            }
        }
    }

    fn job(&self, job: Job) {
        // Turn threads end only when this sender is dropped.
        let _ = self.jobs.send(job);
    }
}
