//! Functions that something outside of the hub sets off: a schedule, or a message of a stream. HTTP has its own, `web`.

use serde::de::DeserializeOwned;

use crate::{
    bindings::{stream_trigger, timer_trigger},
    client::Client,
    failure::Result,
    payload::decode,
    time::Timestamp,
};

/// A function that the manifest gives a schedule. `#[timer_trigger]` implements it.
pub trait TimerTrigger {
    /// The name by which the host knows it.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: Option<&'static str>;

    /// Runs it.
    ///
    /// # Errors
    /// Whatever the author's function returns. Then nothing that it asked for happens.
    fn fire(tick: Tick, client: Client) -> Result<()>;
}

/// A function that the manifest gives a subject of a stream. `#[stream_trigger]` implements it.
pub trait StreamTrigger {
    /// The name by which the host knows it.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: Option<&'static str>;

    /// Takes a message.
    ///
    /// # Errors
    /// Whatever the author's function returns. Then nothing that it asked for happens, and the message comes again.
    fn receive(message: Message, client: Client) -> Result<()>;
}

/// A time of a schedule that has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When it was due.
    pub scheduled: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// How many times were due since the last run and had none, because the host was down. This run makes up for them.
    pub missed: u32,
}

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What it was published to.
    pub subject: String,
    /// Its place in the stream. Grows, and is the same at each delivery: ids that are made of it are too.
    pub sequence: u64,
    /// When the stream took it in.
    pub time: Timestamp,
    /// 1 for the first delivery.
    pub delivery: u32,
    /// As the publisher wrote them.
    pub headers: Vec<(String, String)>,
    /// Whatever was published.
    pub data: Vec<u8>,
}

impl Message {
    /// The data as JSON.
    ///
    /// # Errors
    /// `invalid-message` if they are none, or do not fit the type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        decode(&self.data, "invalid-message")
    }
}

impl From<timer_trigger::Tick> for Tick {
    fn from(tick: timer_trigger::Tick) -> Self {
        let timer_trigger::Tick { scheduled, now, missed } = tick;
        Tick { scheduled: Timestamp::from_millis(scheduled), now: Timestamp::from_millis(now), missed }
    }
}

impl From<stream_trigger::Message> for Message {
    fn from(message: stream_trigger::Message) -> Self {
        let stream_trigger::Message { subject, sequence, time, delivery, headers, data } = message;
        Message { subject, sequence, time: Timestamp::from_millis(time), delivery, headers, data }
    }
}
