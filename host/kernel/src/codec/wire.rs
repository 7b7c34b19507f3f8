//! The types that are written to disk, and their translation from and to the model.
//!
//! A record is one byte of format number followed by the postcard encoding of [`Record`]. Fields and variants are only
//! ever added at the end, under a new format number; what is here is frozen by the golden files in `tests/golden`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model as m;

const FORMAT: u8 = 1;

pub(super) fn encode(record: &m::Record) -> Vec<u8> {
    let events = record.events.iter().map(to_wire).collect();
    // Room for a typical row, so that it is written without growing.
    let mut buffer = Vec::with_capacity(256);
    buffer.push(FORMAT);
    postcard::to_extend(&Record { at: record.at.0, events }, buffer)
        .expect("postcard fails only on types without a known length, and there are none here")
}

pub(super) fn decode(body: &[u8]) -> Result<m::Record, String> {
    let Some((&format, rest)) = body.split_first() else {
        return Err("the row is empty".to_owned());
    };
    if format != FORMAT {
        return Err(format!("format {format} is unknown; this host reads format {FORMAT}"));
    }
    let (record, rest) = postcard::take_from_bytes::<Record<'_>>(rest).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes follow the record", rest.len()));
    }
    let events = record.events.into_iter().map(from_wire).collect::<Result<_, _>>()?;
    Ok(m::Record { at: m::Timestamp(record.at), events })
}

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    at: u64,
    #[serde(borrow)]
    events: Vec<Event<'a>>,
}

#[derive(Serialize, Deserialize)]
enum Event<'a> {
    #[serde(borrow)]
    Started(Started<'a>),
    TurnStarted,
    TaskScheduled {
        task: u32,
        name: &'a str,
        input: Bytes<'a>,
        retry: Option<Retry<'a>>,
        timeout: Option<u64>,
    },
    TaskAttemptFailed {
        task: u32,
        attempt: u32,
        failure: Failure<'a>,
        retry_at: u64,
    },
    TaskCompleted {
        task: u32,
        output: Bytes<'a>,
    },
    TaskFailed {
        task: u32,
        failure: Failure<'a>,
    },
    TimerCreated {
        timer: u32,
        fire_at: u64,
    },
    TimerFired {
        timer: u32,
    },
    TimerCancelled {
        timer: u32,
    },
    CustomStatusSet {
        value: Bytes<'a>,
    },
    Completed {
        output: Bytes<'a>,
    },
    Failed {
        failure: Failure<'a>,
    },
    Terminated {
        reason: Bytes<'a>,
    },
}

#[derive(Serialize, Deserialize)]
struct Started<'a> {
    id: &'a str,
    execution: u32,
    name: &'a str,
    component: [u8; 32],
    version: Option<&'a str>,
    parent: Option<&'a str>,
    seed: u64,
    rules: u32,
    #[serde(borrow)]
    input: Bytes<'a>,
}

#[derive(Serialize, Deserialize)]
struct Failure<'a> {
    kind: &'a str,
    message: &'a str,
    details: Option<&'a str>,
    retryable: bool,
}

#[derive(Serialize, Deserialize)]
struct Retry<'a> {
    max_attempts: u32,
    first_interval: u64,
    coefficient: f64,
    max_interval: Option<u64>,
    retry_timeout: Option<u64>,
    #[serde(borrow)]
    non_retryable: Vec<&'a str>,
}

/// Bytes written in one piece; serde's own slices go byte by byte.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de [u8]>::deserialize(deserializer).map(Self)
    }
}

fn to_wire(event: &m::Event) -> Event<'_> {
    match event {
        m::Event::Started(started) => Event::Started(Started {
            id: started.id.as_str(),
            execution: started.execution.0,
            name: started.name.as_str(),
            component: started.component.0,
            version: started.version.as_deref(),
            parent: started.parent.as_ref().map(m::InstanceId::as_str),
            seed: started.seed,
            rules: started.rules,
            input: Bytes(started.input.as_bytes()),
        }),
        m::Event::TurnStarted => Event::TurnStarted,
        m::Event::TaskScheduled { task, name, input, options } => Event::TaskScheduled {
            task: task.0,
            name: name.as_str(),
            input: Bytes(input.as_bytes()),
            retry: options.retry.as_ref().map(retry_to_wire),
            timeout: options.timeout.map(|length| length.0),
        },
        m::Event::TaskAttemptFailed { task, attempt, failure, retry_at } => Event::TaskAttemptFailed {
            task: task.0,
            attempt: *attempt,
            failure: failure_to_wire(failure),
            retry_at: retry_at.0,
        },
        m::Event::TaskCompleted { task, output } => {
            Event::TaskCompleted { task: task.0, output: Bytes(output.as_bytes()) }
        }
        m::Event::TaskFailed { task, failure } => Event::TaskFailed { task: task.0, failure: failure_to_wire(failure) },
        m::Event::TimerCreated { timer, fire_at } => Event::TimerCreated { timer: timer.0, fire_at: fire_at.0 },
        m::Event::TimerFired { timer } => Event::TimerFired { timer: timer.0 },
        m::Event::TimerCancelled { timer } => Event::TimerCancelled { timer: timer.0 },
        m::Event::CustomStatusSet { value } => Event::CustomStatusSet { value: Bytes(value.as_bytes()) },
        m::Event::Completed { output } => Event::Completed { output: Bytes(output.as_bytes()) },
        m::Event::Failed { failure } => Event::Failed { failure: failure_to_wire(failure) },
        m::Event::Terminated { reason } => Event::Terminated { reason: Bytes(reason.as_bytes()) },
    }
}

fn from_wire(event: Event<'_>) -> Result<m::Event, String> {
    let name = |text: &str| m::FunctionName::parse(text).map_err(|error| error.to_string());
    let id = |text: &str| m::InstanceId::parse(text).map_err(|error| error.to_string());
    let payload = |bytes: Bytes<'_>| m::Payload::trusted(bytes.0);
    Ok(match event {
        Event::Started(started) => m::Event::Started(Box::new(m::Started {
            id: id(started.id)?,
            execution: m::Execution(started.execution),
            name: name(started.name)?,
            component: m::ComponentDigest(started.component),
            version: started.version.map(str::to_owned),
            parent: started.parent.map(id).transpose()?,
            seed: started.seed,
            rules: started.rules,
            input: payload(started.input),
        })),
        Event::TurnStarted => m::Event::TurnStarted,
        Event::TaskScheduled { task, name: text, input, retry, timeout } => m::Event::TaskScheduled {
            task: m::TaskId(task),
            name: name(text)?,
            input: payload(input),
            options: m::ActivityOptions { retry: retry.map(retry_from_wire), timeout: timeout.map(m::Millis) },
        },
        Event::TaskAttemptFailed { task, attempt, failure, retry_at } => m::Event::TaskAttemptFailed {
            task: m::TaskId(task),
            attempt,
            failure: failure_from_wire(failure),
            retry_at: m::Timestamp(retry_at),
        },
        Event::TaskCompleted { task, output } => {
            m::Event::TaskCompleted { task: m::TaskId(task), output: payload(output) }
        }
        Event::TaskFailed { task, failure } => {
            m::Event::TaskFailed { task: m::TaskId(task), failure: failure_from_wire(failure) }
        }
        Event::TimerCreated { timer, fire_at } => {
            m::Event::TimerCreated { timer: m::TaskId(timer), fire_at: m::Timestamp(fire_at) }
        }
        Event::TimerFired { timer } => m::Event::TimerFired { timer: m::TaskId(timer) },
        Event::TimerCancelled { timer } => m::Event::TimerCancelled { timer: m::TaskId(timer) },
        Event::CustomStatusSet { value } => m::Event::CustomStatusSet { value: payload(value) },
        Event::Completed { output } => m::Event::Completed { output: payload(output) },
        Event::Failed { failure } => m::Event::Failed { failure: failure_from_wire(failure) },
        Event::Terminated { reason } => m::Event::Terminated { reason: payload(reason) },
    })
}

fn failure_to_wire(failure: &m::Failure) -> Failure<'_> {
    Failure {
        kind: &failure.kind,
        message: &failure.message,
        details: failure.details.as_deref(),
        retryable: failure.retryable,
    }
}

fn failure_from_wire(failure: Failure<'_>) -> m::Failure {
    m::Failure {
        kind: failure.kind.to_owned(),
        message: failure.message.to_owned(),
        details: failure.details.map(str::to_owned),
        retryable: failure.retryable,
    }
}

fn retry_to_wire(policy: &m::RetryPolicy) -> Retry<'_> {
    Retry {
        max_attempts: policy.max_attempts,
        first_interval: policy.first_interval.0,
        coefficient: policy.coefficient,
        max_interval: policy.max_interval.map(|length| length.0),
        retry_timeout: policy.retry_timeout.map(|length| length.0),
        non_retryable: policy.non_retryable.iter().map(String::as_str).collect(),
    }
}

fn retry_from_wire(policy: Retry<'_>) -> m::RetryPolicy {
    m::RetryPolicy {
        max_attempts: policy.max_attempts,
        first_interval: m::Millis(policy.first_interval),
        coefficient: policy.coefficient,
        max_interval: policy.max_interval.map(m::Millis),
        retry_timeout: policy.retry_timeout.map(m::Millis),
        non_retryable: policy.non_retryable.into_iter().map(str::to_owned).collect(),
    }
}
