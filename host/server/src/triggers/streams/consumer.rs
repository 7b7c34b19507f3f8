//! The durable consumer of a stream: made if it is not there, and never one that somebody else made for another purpose.
//!
//! It keeps the place in the stream, on the server. The host counts deliveries and gives up messages itself: a server that
//! did it would do so while a host is down that never saw why.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::ConsumerErrorKind;
use async_nats::jetstream::{self, Message};
use futures_util::StreamExt;
use kernel::limits::{STREAM_ACK_WAIT_MS, STREAM_BATCH_MAX_BYTES, STREAM_POLL_MS};

use crate::triggers::bindings::{StartFrom, StreamBinding};

/// Why a stream is not read now, by what has to happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The server or the connection; it passes by itself.
    #[error("{0}")]
    Unreachable(String),
    /// Something is not as the manifest says; somebody has to change it.
    #[error("{0}")]
    Misfit(String),
}

/// A consumer that fits its binding.
#[derive(Debug)]
pub struct Consumer {
    inner: PullConsumer,
}

impl Consumer {
    /// Finds it, or makes it.
    pub async fn open(client: &Client, binding: &StreamBinding) -> Result<Self, ReadError> {
        let StreamBinding { stream, durable, .. } = binding;
        let found = jetstream::new(client.clone()).get_stream(stream.as_str()).await;
        let found = found.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(error) if error.code() == 404 => {
                ReadError::Misfit(format!("there is no stream {stream}; make it, or correct the name"))
            }
            _ => ReadError::Unreachable(format!("stream {stream}: {error}")),
        })?;
        let made = found.get_or_create_consumer(durable.as_str(), wanted(binding)).await;
        let inner = made.map_err(|error| match error.kind() {
            ConsumerErrorKind::JetStream(_) | ConsumerErrorKind::InvalidConsumerType => {
                ReadError::Misfit(format!("consumer {durable} of stream {stream}: {error}"))
            }
            _ => ReadError::Unreachable(format!("consumer {durable} of stream {stream}: {error}")),
        })?;
        check(binding, &inner.cached_info().config).map_err(ReadError::Misfit)?;
        Ok(Self { inner })
    }

    /// The next messages, at least one; waits for it.
    pub async fn pull(&self, binding: &StreamBinding) -> Result<Vec<Message>, ReadError> {
        let most = usize::try_from(u32::from(binding.batch)).unwrap_or(usize::MAX);
        loop {
            let mut messages = self.ready(most).await?;
            if messages.is_empty() {
                messages.extend(self.next().await?);
                // What came with the one that was waited for need not wait for its commit.
                if !messages.is_empty() && most > 1 {
                    messages.extend(self.ready(most - 1).await?);
                }
            }
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
    }

    /// Up to which number, not included, no message is delivered any more.
    pub async fn floor(&self) -> Result<u64, ReadError> {
        let info = self.inner.get_info().await.map_err(|error| unreachable(&error))?;
        Ok(info.ack_floor.stream_sequence + 1)
    }

    /// What is there already.
    async fn ready(&self, most: usize) -> Result<Vec<Message>, ReadError> {
        let asked = self.inner.fetch().max_messages(most).max_bytes(STREAM_BATCH_MAX_BYTES).messages().await;
        all(asked.map_err(|error| unreachable(&error))?).await
    }

    async fn next(&self) -> Result<Vec<Message>, ReadError> {
        let wait = Duration::from_millis(STREAM_POLL_MS);
        let asked = self.inner.batch().max_messages(1).expires(wait).messages().await;
        all(asked.map_err(|error| unreachable(&error))?).await
    }
}

async fn all(mut batch: pull::Batch) -> Result<Vec<Message>, ReadError> {
    let mut messages = Vec::new();
    while let Some(next) = batch.next().await {
        match next {
            Ok(message) => messages.push(message),
            // What did come is worked on; the next request finds out whether it is still so.
            Err(error) if !messages.is_empty() => {
                tracing::debug!("a request for messages ended early: {error}");
                break;
            }
            Err(error) => return Err(unreachable(&error)),
        }
    }
    Ok(messages)
}

fn unreachable(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::Unreachable(error.to_string())
}

fn wanted(binding: &StreamBinding) -> pull::Config {
    pull::Config {
        durable_name: Some(binding.durable.as_str().to_owned()),
        description: Some("made by dacapo".to_owned()),
        deliver_policy: match binding.start {
            StartFrom::All => DeliverPolicy::All,
            StartFrom::New => DeliverPolicy::New,
            StartFrom::Sequence(start_sequence) => DeliverPolicy::ByStartSequence { start_sequence },
        },
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_millis(STREAM_ACK_WAIT_MS),
        max_deliver: -1,
        filter_subject: binding.subject.as_str().to_owned(),
        // Messages that wait for their next delivery count, and must not keep others from being delivered.
        max_ack_pending: 10 * i64::from(u32::from(binding.batch)).max(100),
        ..pull::Config::default()
    }
}

/// Whether a consumer that was there can be used. Where it began does not matter any more.
fn check(binding: &StreamBinding, found: &jetstream::consumer::Config) -> Result<(), String> {
    let StreamBinding { stream, durable, subject, .. } = binding;
    let differs = |what: &str, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug| {
        let hint = "delete it, or name another durable";
        Err(format!("consumer {durable} of stream {stream} is there with {what} {found:?}, not {wanted:?}; {hint}"))
    };
    if found.filter_subject != subject.as_str() {
        return differs("the subject", &found.filter_subject, &subject.as_str());
    }
    if found.ack_policy != AckPolicy::Explicit {
        return differs("the ack policy", &found.ack_policy, &AckPolicy::Explicit);
    }
    if found.max_deliver > 0 {
        return differs("max_deliver", &found.max_deliver, &-1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_nats::jetstream::consumer::IntoConsumerConfig;

    #[test]
    fn consumers_that_are_there() {
        let json = r#"{"function":"f","connection":"c","stream":"S","subject":"a.>","durable":"d"}"#;
        let binding: StreamBinding = serde_json::from_str(json).unwrap();
        let check = |change: &dyn Fn(&mut jetstream::consumer::Config), expect: Result<(), &str>| {
            let mut config = wanted(&binding).into_consumer_config();
            change(&mut config);
            match (check(&binding, &config), expect) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
                (got, expect) => panic!("{got:?}, not {expect:?}"),
            }
        };
        check(&|_| {}, Ok(()));
        check(&|config| config.deliver_policy = DeliverPolicy::New, Ok(()));
        check(&|config| config.filter_subject = "b".into(), Err("with the subject \"b\", not \"a.>\""));
        check(&|config| config.ack_policy = AckPolicy::None, Err("the ack policy None, not Explicit"));
        check(&|config| config.max_deliver = 3, Err("max_deliver 3, not -1; delete it, or name another durable"));
    }
}
