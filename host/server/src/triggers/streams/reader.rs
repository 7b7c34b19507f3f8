//! Reads one stream: messages come in batches, each is run through its function, and what they all ask for is one commit.
//!
//! A message is acknowledged after that commit and not before. It carries a mark for each message, by which one that is
//! delivered again is known: so nothing is done twice, and nothing is lost, whatever is killed in between. While the hub has
//! no room the next batch is not asked for.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::{self, AckKind, Message};
use futures_util::{StreamExt, stream};
use kernel::limits::{STREAM_FLOOR_BATCHES_COUNT, STREAM_PROGRESS_MS, STREAM_RUNNING_MAX_COUNT};
use kernel::model::{ComponentDigest, Failure, Timestamp, kind};
use kernel::port::Mark;
use sandbox::StreamMessage;
use tokio::time::{MissedTickBehavior, interval};

use super::connection::{Connected, Link, backoff};
use super::consumer::{Consumer, ReadError};
use super::verdict::{Verdict, verdict};
use crate::hub::Errand;
use crate::triggers::bindings::{Bindings, StreamBinding};
use crate::triggers::client::RunId;
use crate::triggers::runner::{Runner, Stopped};

/// Reads the stream of one binding.
#[derive(Debug)]
pub struct Reader {
    /// What runs the function.
    pub runner: Runner,
    /// The component that has it.
    pub component: ComponentDigest,
    /// All that the component is bound to.
    pub bindings: Arc<Bindings>,
    /// This stream.
    pub binding: StreamBinding,
}

/// What is known of messages that came before.
#[derive(Debug)]
struct Place {
    source: String,
    /// No message after this one has a mark.
    last: Option<u64>,
    /// No message before this one is delivered again.
    floor: u64,
}

/// Why a stream was not read lately.
#[derive(Debug, Default)]
struct Trouble {
    attempts: u32,
    told: Option<ReadError>,
}

/// A message, and where it stands. Cheap to clone.
#[derive(Clone)]
struct Delivery {
    message: Message,
    sequence: u64,
    count: u32,
}

/// What became of a message.
enum Outcome {
    /// Its function succeeded, and wants this.
    Done(Vec<Errand>),
    /// It was marked before.
    Known,
    /// Its function failed.
    Failed(Failure),
}

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The hub stops.
    #[error("the hub stops")]
    Stopped(#[from] Stopped),
}

impl Reader {
    /// Reads until the hub stops.
    pub async fn run(self: Arc<Self>, connected: Connected) {
        let Connected { client, mut link } = connected;
        let mut trouble = Trouble::default();
        loop {
            // The sender lives as long as the client.
            let _ = link.wait_for(|link| *link == Link::Up).await;
            match self.read(&client, &mut link, &mut trouble).await {
                Ok(()) => {}
                Err(Ended::Stopped(_)) => return,
                Err(Ended::Read(error)) => trouble.wait(error, &self.binding).await,
            }
        }
    }

    /// Reads while the connection is up.
    async fn read(
        self: &Arc<Self>,
        client: &async_nats::Client,
        link: &mut tokio::sync::watch::Receiver<Link>,
        trouble: &mut Trouble,
    ) -> Result<(), Ended> {
        let binding = &self.binding;
        let consumer = Consumer::open(client, binding).await?;
        let source = binding.source();
        let last = self.runner.last_mark(&source).await?;
        let mut place = Place { source, last, floor: consumer.floor().await? };
        trouble.over(binding);
        for batch in 1_u64.. {
            let messages = tokio::select! {
                messages = consumer.pull(binding) => messages?,
                // Requests that are under way are lost with the connection.
                _ = link.wait_for(|link| *link != Link::Up) => return Ok(()),
            };
            self.work(client, messages, &mut place).await?;
            if batch % STREAM_FLOOR_BATCHES_COUNT == 0 {
                place.floor = consumer.floor().await?;
            }
        }
        Ok(())
    }

    /// Works on a batch, and meanwhile tells the server that it is worked on.
    async fn work(
        self: &Arc<Self>,
        client: &async_nats::Client,
        messages: Vec<Message>,
        place: &mut Place,
    ) -> Result<(), Stopped> {
        let mut deliveries: Vec<_> = messages.into_iter().filter_map(Delivery::new).collect();
        deliveries.sort_by_key(|delivery| delivery.sequence);
        let mut settled = pin!(self.settle(client, &deliveries, place));
        let mut progress = interval(Duration::from_millis(STREAM_PROGRESS_MS));
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        progress.tick().await;
        loop {
            tokio::select! {
                settled = &mut settled => return settled,
                _ = progress.tick() => {
                    for delivery in &deliveries {
                        delivery.answer(AckKind::Progress).await;
                    }
                }
            }
        }
    }

    async fn settle(
        self: &Arc<Self>,
        client: &async_nats::Client,
        deliveries: &[Delivery],
        place: &mut Place,
    ) -> Result<(), Stopped> {
        let Some(lowest) = deliveries.first().map(|delivery| delivery.sequence) else { return Ok(()) };
        let runs: Vec<_> = deliveries.iter().map(|delivery| self.spawn(delivery, place)).collect();
        let outcomes: Vec<_> = stream::iter(runs).buffered(STREAM_RUNNING_MAX_COUNT).collect().await;
        let (mut outbox, mut marks, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let floor = place.floor.min(lowest);
        for (delivery, outcome) in deliveries.iter().zip(outcomes) {
            let mark = || Mark { source: place.source.clone(), seq: delivery.sequence, floor };
            answers.push(match outcome? {
                Outcome::Known => AckKind::Ack,
                Outcome::Done(errands) => {
                    outbox.extend(errands);
                    marks.push(mark());
                    AckKind::Ack
                }
                Outcome::Failed(failure) => match self.failed(client, delivery, &failure).await {
                    answer @ (AckKind::Ack | AckKind::Term) => {
                        marks.push(mark());
                        answer
                    }
                    answer => answer,
                },
            });
        }
        if let Some(highest) = marks.last().map(|mark| mark.seq) {
            self.runner.post(outbox, marks).await?;
            place.last = place.last.max(Some(highest));
        }
        for (delivery, answer) in deliveries.iter().zip(answers) {
            delivery.answer(answer).await;
        }
        Ok(())
    }

    /// Runs a message on a thread that is free, once the future is polled.
    fn spawn(
        self: &Arc<Self>,
        delivery: &Delivery,
        place: &Place,
    ) -> impl Future<Output = Result<Outcome, Stopped>> + use<> {
        let (reader, delivery) = (Arc::clone(self), delivery.clone());
        let is_new = place.last < Some(delivery.sequence);
        let run = RunId { source: place.source.clone(), sequence: delivery.sequence };
        async move {
            let outcome = tokio::spawn(async move {
                if !is_new && reader.runner.is_marked(&run.source, run.sequence).await? {
                    return Ok(Outcome::Known);
                }
                reader.handle(&delivery, run).await
            });
            let panicked = |error| Failure::host(kind::TRAP, format!("the host has a defect: {error}"));
            outcome.await.unwrap_or_else(|error| Ok(Outcome::Failed(panicked(error))))
        }
    }

    async fn handle(&self, delivery: &Delivery, run: RunId) -> Result<Outcome, Stopped> {
        let client = self.runner.client(&self.bindings, run);
        let (message, function) = (delivery.for_guest(), &self.binding.function);
        let received = self.runner.sandbox().receive(self.component, function, &message, client.clone()).await;
        Ok(match received {
            Ok(()) => Outcome::Done(client.collected()),
            Err(failure) => Outcome::Failed(failure),
        })
    }

    /// Decides what becomes of a message that failed, and moves it if it is given up.
    async fn failed(&self, client: &async_nats::Client, delivery: &Delivery, failure: &Failure) -> AckKind {
        let StreamBinding { function, max_deliveries, dead_letter, .. } = &self.binding;
        let (trigger, Delivery { sequence, count, .. }) = (self.binding.source(), delivery);
        match (verdict(*count, *max_deliveries), dead_letter) {
            (Verdict::Again(wait), _) => {
                tracing::warn!(%trigger, %function, sequence, delivery = count, "a message failed: {failure}");
                AckKind::Nak(Some(wait))
            }
            (Verdict::GiveUp, None) => {
                tracing::error!(%trigger, %function, sequence, delivery = count, "a message is dropped: {failure}");
                AckKind::Term
            }
            (Verdict::GiveUp, Some(dead)) => {
                let headers = delivery.dead_headers(&self.binding, failure);
                match publish(client, dead.as_str(), headers, delivery).await {
                    Ok(()) => {
                        tracing::error!(%trigger, %function, sequence, "a message is moved to {dead}: {failure}");
                        AckKind::Ack
                    }
                    Err(error) => {
                        tracing::warn!(%trigger, sequence, "a message cannot be moved to {dead}, it stays: {error}");
                        AckKind::Nak(Some(Verdict::longest()))
                    }
                }
            }
        }
    }
}

impl Trouble {
    /// Waits before the next attempt. It is told once: what is down stays so for a while.
    async fn wait(&mut self, error: ReadError, binding: &StreamBinding) {
        if self.told.as_ref() != Some(&error) {
            tracing::warn!(trigger = binding.source(), "the stream is not read: {error}");
            self.told = Some(error);
        }
        tokio::time::sleep(backoff(self.attempts)).await;
        self.attempts = self.attempts.saturating_add(1);
    }

    fn over(&mut self, binding: &StreamBinding) {
        match std::mem::take(self).told {
            None => tracing::debug!(trigger = binding.source(), "the stream is read"),
            Some(_) => tracing::info!(trigger = binding.source(), "the stream is read again"),
        }
    }
}

/// Publishes a message and waits until a stream has it.
async fn publish(
    client: &async_nats::Client,
    subject: &str,
    headers: HeaderMap,
    delivery: &Delivery,
) -> Result<(), String> {
    let (context, data) = (jetstream::new(client.clone()), delivery.message.payload.clone());
    let sent = context.publish_with_headers(subject.to_owned(), headers, data).await;
    let taken = sent.map_err(|error| error.to_string())?.await;
    taken.map(drop).map_err(|error| format!("{error}; does a stream take this subject?"))
}

impl Delivery {
    /// `None` for what did not come from a stream.
    fn new(message: Message) -> Option<Self> {
        let read = message.info().map(|info| (info.stream_sequence, info.delivered));
        let (sequence, delivered) =
            read.inspect_err(|error| tracing::warn!("not a message of a stream: {error}")).ok()?;
        Some(Self { message, sequence, count: u32::try_from(delivered).unwrap_or(u32::MAX) })
    }

    /// An answer that is lost is made up for by the next delivery.
    async fn answer(&self, how: AckKind) {
        if let Err(error) = self.message.ack_with(how).await {
            tracing::debug!(sequence = self.sequence, "an acknowledgement was lost: {error}");
        }
    }

    fn for_guest(&self) -> StreamMessage {
        let published = self.message.info().ok().map_or(0, |info| info.published.unix_timestamp_nanos() / 1_000_000);
        let headers = self.message.headers.iter().flat_map(HeaderMap::iter);
        let headers = headers.flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        // The client keeps them in no order.
        headers.sort();
        StreamMessage {
            subject: self.message.subject.to_string(),
            sequence: self.sequence,
            time: Timestamp(u64::try_from(published).unwrap_or(0)),
            delivery: self.count,
            headers,
            data: self.message.payload.to_vec(),
        }
    }

    /// The message's own headers, but for those that mean something to the server, and why it is moved.
    fn dead_headers(&self, binding: &StreamBinding, failure: &Failure) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, values) in self.message.headers.iter().flat_map(HeaderMap::iter) {
            if !name.to_string().to_ascii_lowercase().starts_with("nats-") {
                values.iter().for_each(|value| headers.append(name.clone(), value.clone()));
            }
        }
        let reason: String = failure.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        headers.insert("Dacapo-Reason", reason);
        headers.insert("Dacapo-Subject", self.message.subject.as_str());
        headers.insert("Dacapo-Stream", binding.stream.as_str());
        headers.insert("Dacapo-Sequence", self.sequence.to_string());
        headers.insert("Dacapo-Deliveries", self.count.to_string());
        // The server drops a second copy, should the host be killed before it can acknowledge the message.
        headers.insert("Nats-Msg-Id", format!("{}/{}", binding.source(), self.sequence));
        headers
    }
}
