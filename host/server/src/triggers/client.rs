//! The client inside a guest: what a run of a trigger may ask of its hub, and when it happens.
//!
//! In an HTTP trigger each call is durable when it is answered. A run of a timer or a stream trigger collects what it starts,
//! signals and raises in an [`Outbox`]; whoever runs it posts that in one commit, or drops it. It knows grants and ids, and
//! nothing of where a run comes from.

mod answers;
mod outbox;

use std::sync::{Arc, Mutex, PoisonError};

use kernel::limits::TIMER_MAX_MS;
use kernel::model::{FunctionName, InstanceId, Millis, Payload, Raised, Reach, StartSpec, Timestamp};
use sandbox::{Answer, Ask, Client, ClientError, StartOptions, Told};

use self::answers::Refused;
pub use self::outbox::{Outbox, RunId};
use super::bindings::{Bindings, Grant};
use crate::http::UrlBase;
use crate::hub::{Detail, Errand, Hub, NewInstance, StatusError};

/// Answers what one run of a trigger asks.
#[derive(Debug)]
pub struct HubClient {
    hub: Hub,
    bindings: Arc<Bindings>,
    urls: UrlBase,
    mode: Mode,
}

/// When what a guest asks for happens.
#[derive(Debug)]
enum Mode {
    /// At once.
    Direct,
    /// When the run is over, with all the rest.
    Collect(Mutex<Outbox>),
}

impl HubClient {
    /// For a run whose calls take effect one by one.
    pub fn direct(hub: Hub, bindings: Arc<Bindings>, urls: UrlBase) -> Self {
        Self { hub, bindings, urls, mode: Mode::Direct }
    }

    /// For a run whose calls take effect together, or not at all.
    pub fn collect(hub: Hub, bindings: Arc<Bindings>, urls: UrlBase, run: RunId) -> Self {
        Self { hub, bindings, urls, mode: Mode::Collect(Mutex::new(Outbox::new(run))) }
    }

    /// What was collected so far, in order.
    pub fn collected(&self) -> Vec<Errand> {
        match &self.mode {
            Mode::Direct => Vec::new(),
            Mode::Collect(outbox) => outbox.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }

    fn granted(&self, ask: &Ask) -> Result<(), ClientError> {
        let grant = match ask {
            Ask::Start { .. } | Ask::Urls(_) => Grant::Start,
            Ask::Signal { .. } => Grant::Signal,
            Ask::Raise { .. } => Grant::Raise,
            Ask::Status(_) => Grant::Status,
            Ask::Query(_) => Grant::Query,
            Ask::Terminate { .. } => Grant::Terminate,
            Ask::Suspend { .. } => Grant::Suspend,
            Ask::Resume { .. } => Grant::Resume,
            Ask::Purge(_) => Grant::Purge,
            Ask::ReadEntity(_) => Grant::ReadEntity,
        };
        if self.bindings.grants.contains(&grant) {
            return Ok(());
        }
        let (name, grant) = (&self.bindings.name, grant.as_str());
        let text = format!("component {name} is not granted it; add \"{grant}\" to `client` of its [[component]]");
        Err(ClientError::NotGranted(text))
    }

    async fn answer(&self, ask: Ask) -> Result<Told, Refused> {
        self.granted(&ask)?;
        let hub = &self.hub;
        Ok(match ask {
            Ask::Start { name, input, options } => Told::Started(self.start(name, input, options).await?),
            Ask::Signal { to, name, input, at } => {
                self.soon_enough(at)?;
                match &self.mode {
                    Mode::Direct => hub.signal(to, name, input, at).await?,
                    Mode::Collect(outbox) => {
                        hub.check_entity(&to)?;
                        let input = hub.keep(input).await?;
                        put(outbox, |outbox| outbox.push(Errand::Signal { to, name, input, at }))?;
                    }
                }
                Told::Done
            }
            Ask::Raise { to, event } => {
                match &self.mode {
                    Mode::Direct => hub.raise(&to, event).await?,
                    Mode::Collect(outbox) => {
                        let event = Raised { input: hub.keep(event.input).await?, ..event };
                        put(outbox, |outbox| outbox.push(Errand::Raise { to, event }))?;
                    }
                }
                Told::Done
            }
            Ask::Status(id) => Told::Status(self.status(&id).await?),
            Ask::Query(filter) => Told::Page(answers::page(hub.list(answers::query(filter)).await?)),
            Ask::Terminate { instance, reason } => {
                hub.terminate(&instance, answers::reason(&reason), Reach::Alone).await?;
                Told::Done
            }
            Ask::Suspend { instance, reason } => {
                hub.suspend(&instance, answers::reason(&reason)).await?;
                Told::Done
            }
            Ask::Resume { instance, reason } => {
                hub.resume(&instance, answers::reason(&reason)).await?;
                Told::Done
            }
            Ask::Purge(id) => {
                hub.purge(&id, Reach::Alone).await?;
                Told::Done
            }
            Ask::ReadEntity(id) => Told::Entity(hub.entity(&id).await?.and_then(answers::entity)),
            Ask::Urls(id) => Told::Urls(self.urls.of(&id)),
        })
    }

    async fn start(&self, name: FunctionName, input: Payload, options: StartOptions) -> Result<InstanceId, Refused> {
        let StartOptions { instance: id, version, at: start_at, tags } = options;
        self.soon_enough(start_at)?;
        let spec = StartSpec { name, input, version, tags, trace: None, start_at, parent: None };
        match &self.mode {
            Mode::Direct => Ok(self.hub.start(NewInstance { id, spec }).await?),
            Mode::Collect(outbox) => {
                self.hub.check_orchestrator(&spec.name)?;
                let spec = StartSpec { input: self.hub.keep(spec.input).await?, ..spec };
                Ok(put(outbox, |outbox| outbox.start(id, spec))?)
            }
        }
    }

    async fn status(&self, id: &InstanceId) -> Result<Option<sandbox::InstanceStatus>, Refused> {
        match self.hub.status(id, Detail::Values).await {
            Ok(view) => Ok(Some(answers::status(&view))),
            Err(StatusError::NotFound(_)) => Ok(None),
            Err(StatusError::Read(error)) => Err(error.into()),
        }
    }

    fn soon_enough(&self, at: Option<Timestamp>) -> Result<(), ClientError> {
        if at > Some(self.hub.now() + Millis(TIMER_MAX_MS)) {
            return Err(ClientError::Invalid("`at` must not lie more than ten years ahead".to_owned()));
        }
        Ok(())
    }
}

fn put<T>(outbox: &Mutex<Outbox>, put: impl FnOnce(&mut Outbox) -> Result<T, ClientError>) -> Result<T, ClientError> {
    put(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Client for HubClient {
    fn ask(&self, ask: Ask) -> Answer<'_> {
        Box::pin(async { self.answer(ask).await.map_err(|Refused(error)| error) })
    }
}
