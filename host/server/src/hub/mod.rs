//! A running hub, as the HTTP interface and the command line see it: what can be asked of it and what it answers.
//!
//! It knows which component serves a function and how a status is put together from the index and the history. It does
//! not know how turns are played or when things are committed; that is the [`crate::driver`]'s.

mod components;
mod entities;
mod error;
mod manage;
mod open;
mod status;
mod triggers;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kernel::model::{ComponentDigest, FunctionKind, FunctionName, InstanceId, Payload, StartSpec, Timestamp};
use kernel::partition::{Input, NewId, Op, Reply, ReplyTo};
use kernel::port::{Page, Query, ReadError, Reader};
use store_sqlite::Readers;
use tokio::sync::oneshot;

pub use components::{Bound, Components, Deployed, DeployedFunction};
pub use entities::{Cleaned, EntityPage, EntityQuery, EntityView, Errand, StateView, WithState};
pub use error::{DeployError, ManageError, PostError, RestartError, SignalError, StartError, StatusError};
pub use kernel::model::Ended;
pub use manage::RestartAs;
pub(crate) use open::random_key;
pub use open::{OpenError, OpenOptions, Running, open};
pub use triggers::WeakHub;
pub use view::{Detail, HeldView, InstanceView};

use crate::driver::{ActivityClients, Clock, HeldInstances, Mail, Mailbox, Payloads, Running as RunningActivities};
use crate::triggers::Bindings;

/// A hub that runs. Cheap to clone; all clones are the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    name: String,
    mailbox: Mailbox,
    components: Arc<Components>,
    readers: Readers,
    held: HeldInstances,
    running: RunningActivities,
    payloads: Payloads,
    clients: ActivityClients,
    clock: Arc<Clock>,
    next_reply: AtomicU64,
}

/// An instance to start.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// Its id; without one the host makes one.
    pub id: Option<InstanceId>,
    /// What it is started with.
    pub spec: StartSpec,
}

impl Hub {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Starts an instance. It is durable, with all that its first turn decided, when this returns.
    pub async fn start(&self, new: NewInstance) -> Result<InstanceId, StartError> {
        let new = self.keep_input(new).await?;
        let answer = self.ask(|hub| Ok((hub.start_op(new)?, None)))?;
        started(answer.await)
    }

    /// Starts an instance and waits for its end, at most so long. `None` if it has not ended by then.
    pub async fn start_and_wait(
        &self,
        new: NewInstance,
        wait: Duration,
    ) -> Result<(InstanceId, Option<Ended>), StartError> {
        let new = self.keep_input(new).await?;
        let (watcher, ended) = self.reply();
        let to = watcher.0;
        let answer = self.ask(|hub| Ok((hub.start_op(new)?, Some(watcher))))?;
        let id = started(answer.await)?;
        match tokio::time::timeout(wait, ended).await {
            Ok(Ok(Reply::Ended(ended))) => Ok((id, Some(self.fetch_ended(ended).await?))),
            Ok(_) => Err(StartError::Unknown),
            Err(_) => {
                self.leave(id.clone(), to);
                Ok((id, None))
            }
        }
    }

    /// Waits for the end of an instance, at most so long. `None` if it has not ended by then.
    pub async fn wait(&self, id: &InstanceId, wait: Duration) -> Result<Option<Ended>, ManageError> {
        let (reply, answer) = self.reply();
        let to = reply.0;
        self.send(Mail::Ask { op: Op::Wait { id: id.clone() }, reply, watch: None })
            .map_err(|_| ManageError::Unknown)?;
        match tokio::time::timeout(wait, answer).await {
            Ok(Ok(Reply::Ended(ended))) => Ok(Some(self.fetch_ended(ended).await?)),
            Ok(Ok(Reply::AlreadyEnded(_))) => match self.ended(id)? {
                Some(ended) => Ok(Some(self.fetch_ended(ended).await?)),
                None => Ok(None),
            },
            Ok(Ok(Reply::NotFound)) => Err(ManageError::NotFound(id.clone())),
            Ok(Ok(Reply::Unreadable(text))) => Err(ReadError::Failed(text).into()),
            Ok(_) => Err(ManageError::Unknown),
            Err(_) => {
                self.leave(id.clone(), to);
                Ok(None)
            }
        }
    }

    /// One page of index entries.
    pub async fn list(&self, query: Query) -> Result<Page, ReadError> {
        let readers = self.shared.readers.clone();
        let read = tokio::task::spawn_blocking(move || readers.query(&query));
        read.await.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string())))
    }

    /// All functions that are served.
    pub fn functions(&self) -> Vec<DeployedFunction> {
        self.shared.components.functions()
    }

    /// What manifests bind to components.
    pub fn bound(&self) -> Vec<Bound> {
        self.shared.components.bound()
    }

    /// What activities ask this hub through.
    pub fn activity_clients(&self) -> &ActivityClients {
        &self.shared.clients
    }

    /// The time by which the hub lives. It does not go back.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Where components run.
    pub fn components(&self) -> &Components {
        &self.shared.components
    }

    /// Deploys a component, with what a manifest binds to it. It is durable, and compiled, when this returns. Instances that
    /// are held and that it fits go on.
    pub async fn deploy(&self, component: Vec<u8>, bindings: Bindings) -> Result<Deployed, DeployError> {
        let shared = Arc::clone(&self.shared);
        let deploy = move || shared.components.deploy(&component, bindings, shared.clock.now());
        let deployed = tokio::task::spawn_blocking(deploy).await;
        let deployed = deployed.unwrap_or_else(|error| Err(DeployError::Storage(error.to_string())))?;
        let journaled = deployed.functions.iter().filter(|function| components::is_journaled(function.kind));
        let serving = journaled.map(|function| (function.name.clone(), deployed.digest)).collect();
        // A hub that stops tries them when it starts again.
        let _ = self.send(Mail::Input(Input::Deployed(serving)));
        Ok(deployed)
    }

    /// The bytes of a component, if they are kept here.
    pub async fn component(&self, digest: ComponentDigest) -> Option<Vec<u8>> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || shared.components.bytes(digest)).await.ok().flatten()
    }

    /// A large input goes to a blob before anything else happens.
    async fn keep_input(&self, mut new: NewInstance) -> Result<NewInstance, StartError> {
        new.spec.input = self.shared.payloads.put(new.spec.input).await?;
        Ok(new)
    }

    /// A payload as clients get it.
    async fn fetch(&self, payload: &Payload) -> Result<Payload, ReadError> {
        self.shared.payloads.get(payload).await.map_err(|error| ReadError::Failed(error.to_string()))
    }

    async fn fetch_ended(&self, ended: Ended) -> Result<Ended, ReadError> {
        Ok(match ended {
            Ended::Completed(output) => Ended::Completed(self.fetch(&output).await?),
            Ended::Terminated(reason) => Ended::Terminated(self.fetch(&reason).await?),
            Ended::Failed(failure) => Ended::Failed(failure),
        })
    }

    /// The component that plays an orchestrator now.
    pub fn check_orchestrator(&self, name: &FunctionName) -> Result<ComponentDigest, StartError> {
        self.shared.components.orchestrator(name).ok_or_else(|| {
            let similar = self.shared.components.similar(FunctionKind::Orchestrator, name);
            StartError::UnknownFunction { name: name.clone(), similar }
        })
    }

    fn start_op(&self, new: NewInstance) -> Result<Op, StartError> {
        let NewInstance { id, spec } = new;
        let component = self.check_orchestrator(&spec.name)?;
        let id = match id {
            Some(id) => NewId::Given(id),
            None => NewId::Generated(generated_id()),
        };
        let seed = random_seed();
        let new = kernel::partition::NewInstance { id, component, seed, spec };
        Ok(Op::Start { new: Box::new(new), watch: None })
    }

    fn ask(
        &self,
        op: impl FnOnce(&Self) -> Result<(Op, Option<Watcher>), StartError>,
    ) -> Result<oneshot::Receiver<Reply>, StartError> {
        let (mut op, watch) = op(self)?;
        if let Op::Start { watch: to, .. } = &mut op {
            *to = watch.as_ref().map(|(to, _)| *to);
        }
        let (reply, answer) = self.reply();
        self.send(Mail::Ask { op, reply, watch }).map_err(|_| StartError::Unknown)?;
        Ok(answer)
    }

    fn reply(&self) -> (Watcher, oneshot::Receiver<Reply>) {
        let (sender, receiver) = oneshot::channel();
        let to = ReplyTo(self.shared.next_reply.fetch_add(1, Ordering::Relaxed));
        ((to, sender), receiver)
    }

    fn leave(&self, id: InstanceId, reply: ReplyTo) {
        // A hub that stops has forgotten everybody anyway.
        let _ = self.send(Mail::Left { id, reply });
    }

    fn send(&self, mail: Mail) -> Result<(), Stopped> {
        self.shared.mailbox.send(mail).map_err(|_| Stopped)
    }
}

/// The partition thread is gone.
struct Stopped;

type Watcher = (ReplyTo, oneshot::Sender<Reply>);

fn started(answer: Result<Reply, oneshot::error::RecvError>) -> Result<InstanceId, StartError> {
    match answer {
        Ok(Reply::Started(id)) => Ok(id),
        Ok(Reply::Exists(status)) => Err(StartError::Exists { status }),
        Ok(Reply::Unavailable(text)) => Err(StartError::Unavailable(text)),
        Ok(Reply::StorageFull) => Err(StartError::StorageFull),
        Ok(Reply::Unreadable(text)) => Err(ReadError::Failed(text).into()),
        Ok(_) | Err(_) => Err(StartError::Unknown),
    }
}

/// The time and 74 random bits as 32 hexadecimal digits: the form that Durable Functions gives its ids. That they grow
/// with time keeps the index of ids compact.
fn generated_id() -> InstanceId {
    let text = uuid::Uuid::now_v7().simple().to_string();
    InstanceId::parse(&text).expect("32 hexadecimal digits are an instance id")
}

/// 64 random bits: no two executions draw the same numbers, and no two derived child ids are equal.
fn random_seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    // The version and the variant of a UUID are not random; each half has its fixed bits in another place.
    high.rotate_left(32) ^ low
}
