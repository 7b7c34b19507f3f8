//! The twins of what events and letters are made of.

use std::borrow::Cow;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use crate::model as m;

/// Text that is borrowed from a row, and owned if it had to be unescaped.
pub(super) type Text<'a> = Cow<'a, str>;

/// A payload: bytes in one piece on disk (serde's own slices go byte by byte), text in what people read.
///
/// One that a blob holds is a zero, the 32 bytes of the digest and the 8 bytes of the length, the lowest first. No JSON text
/// begins with a zero.
pub(super) struct Bytes<'a>(pub Cow<'a, [u8]>);

/// A component's digest: bytes on disk, 64 hexadecimal digits in what people read.
pub(super) struct Digest(pub m::ComponentDigest);

#[derive(Serialize, Deserialize)]
pub(super) struct Failure<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    details: Option<Text<'a>>,
    retryable: bool,
    #[serde(borrow)]
    causes: Vec<Cause<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Cause<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow)]
    details: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Retry<'a> {
    max_attempts: u32,
    first_interval: u64,
    coefficient: f64,
    max_interval: Option<u64>,
    retry_timeout: Option<u64>,
    jitter: f64,
    #[serde(borrow)]
    non_retryable: Vec<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Raised<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    input: Bytes<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Parent<'a> {
    no: u64,
    #[serde(borrow)]
    id: Text<'a>,
    attempted: Attempted,
    depth: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Attempted {
    execution: u32,
    task: u32,
    attempt: u32,
}

#[derive(Serialize, Deserialize)]
struct Trace<'a> {
    #[serde(borrow)]
    parent: Text<'a>,
    #[serde(borrow)]
    state: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Spec<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    input: Bytes<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    tags: Vec<(Text<'a>, Text<'a>)>,
    #[serde(borrow)]
    trace: Option<Trace<'a>>,
    start_at: Option<u64>,
    #[serde(borrow)]
    parent: Option<Parent<'a>>,
}

/// Why stored bytes are no value of the model, although they have its shape.
pub(super) type Wrong = String;

impl<'a> From<&'a m::Payload> for Bytes<'a> {
    fn from(payload: &'a m::Payload) -> Self {
        match (payload.inline(), payload.blob_ref()) {
            (Some(bytes), _) => Self(Cow::Borrowed(bytes)),
            (None, Some(blob)) => Self(Cow::Owned(blob_bytes(blob))),
            (None, None) => unreachable!("a payload is in one of the two places"),
        }
    }
}

impl From<Bytes<'_>> for m::Payload {
    fn from(bytes: Bytes<'_>) -> Self {
        blob_of(&bytes.0).map_or_else(|| Self::trusted(&bytes.0), Self::blob)
    }
}

fn blob_bytes(blob: m::BlobRef) -> Vec<u8> {
    [&[0][..], &blob.digest.0, &blob.length.to_le_bytes()].concat()
}

fn blob_of(bytes: &[u8]) -> Option<m::BlobRef> {
    let (digest, length) = bytes.strip_prefix(&[0])?.split_first_chunk::<32>()?;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    Some(m::BlobRef { digest: m::BlobDigest(*digest), length })
}

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        // Who exports fetches blobs first, so that the document is complete; what this writes is not read back.
        match (blob_of(&self.0), std::str::from_utf8(&self.0)) {
            (Some(blob), _) => serializer.serialize_str(&blob.to_string()),
            (None, Ok(text)) => serializer.serialize_str(text),
            (None, Err(error)) => Err(serde::ser::Error::custom(error)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <&'de [u8]>::deserialize(deserializer).map(|bytes| Self(Cow::Borrowed(bytes)));
        }
        // What people may have edited is checked as if it came from a client.
        let text = String::deserialize(deserializer)?;
        m::Payload::check(text.as_bytes()).map_err(D::Error::custom)?;
        Ok(Self(Cow::Owned(text.into_bytes())))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(&self.0) } else { self.0.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 32]>::deserialize(deserializer).map(|bytes| Self(m::ComponentDigest(bytes)));
        }
        let hex = String::deserialize(deserializer)?;
        m::ComponentDigest::parse(&hex).map(Self).ok_or_else(|| D::Error::custom("a digest has 64 hexadecimal digits"))
    }
}

pub(super) fn text(text: &str) -> Text<'_> {
    Cow::Borrowed(text)
}

pub(super) fn optional(value: Option<&str>) -> Option<Text<'_>> {
    value.map(Cow::Borrowed)
}

pub(super) fn name(text: &str) -> Result<m::FunctionName, Wrong> {
    m::FunctionName::parse(text).map_err(|error| error.to_string())
}

pub(super) fn entity(text: &str) -> Result<m::EntityId, Wrong> {
    m::EntityId::parse(text).map_err(|error| error.to_string())
}

pub(super) fn operation(text: &str) -> Result<m::OperationName, Wrong> {
    m::OperationName::parse(text).map_err(|error| error.to_string())
}

pub(super) fn lock_set(entities: &[Text<'_>]) -> Result<m::LockSet, Wrong> {
    let entities: Vec<_> = entities.iter().map(|text| entity(text)).collect::<Result<_, _>>()?;
    m::LockSet::new(entities).ok_or_else(|| "a lock of no entities".to_owned())
}

pub(super) fn id(text: &str) -> Result<m::InstanceId, Wrong> {
    m::InstanceId::parse(text).map_err(|error| error.to_string())
}

impl<'a> From<&'a m::Failure> for Failure<'a> {
    fn from(failure: &'a m::Failure) -> Self {
        let cause = |cause: &'a m::Cause| Cause {
            kind: text(&cause.kind),
            message: text(&cause.message),
            details: optional(cause.details.as_deref()),
        };
        Self {
            kind: text(&failure.kind),
            message: text(&failure.message),
            details: optional(failure.details.as_deref()),
            retryable: failure.retryable,
            causes: failure.causes.iter().map(cause).collect(),
        }
    }
}

impl From<Failure<'_>> for m::Failure {
    fn from(failure: Failure<'_>) -> Self {
        let cause = |cause: Cause<'_>| m::Cause {
            kind: cause.kind.into_owned(),
            message: cause.message.into_owned(),
            details: cause.details.map(Cow::into_owned),
        };
        Self {
            kind: failure.kind.into_owned(),
            message: failure.message.into_owned(),
            details: failure.details.map(Cow::into_owned),
            retryable: failure.retryable,
            causes: failure.causes.into_iter().map(cause).collect(),
        }
    }
}

impl<'a> From<&'a m::RetryPolicy> for Retry<'a> {
    fn from(policy: &'a m::RetryPolicy) -> Self {
        Self {
            max_attempts: policy.max_attempts,
            first_interval: policy.first_interval.0,
            coefficient: policy.coefficient,
            max_interval: policy.max_interval.map(|length| length.0),
            retry_timeout: policy.retry_timeout.map(|length| length.0),
            jitter: policy.jitter,
            non_retryable: policy.non_retryable.iter().map(|kind| text(kind)).collect(),
        }
    }
}

impl From<Retry<'_>> for m::RetryPolicy {
    fn from(policy: Retry<'_>) -> Self {
        Self {
            max_attempts: policy.max_attempts,
            first_interval: m::Millis(policy.first_interval),
            coefficient: policy.coefficient,
            max_interval: policy.max_interval.map(m::Millis),
            retry_timeout: policy.retry_timeout.map(m::Millis),
            jitter: policy.jitter,
            non_retryable: policy.non_retryable.into_iter().map(Cow::into_owned).collect(),
        }
    }
}

impl<'a> From<&'a m::Raised> for Raised<'a> {
    fn from(event: &'a m::Raised) -> Self {
        Self { name: text(event.name.as_str()), input: (&event.input).into() }
    }
}

impl TryFrom<Raised<'_>> for m::Raised {
    type Error = Wrong;

    fn try_from(event: Raised<'_>) -> Result<Self, Wrong> {
        let name = m::EventName::parse(&event.name).map_err(|error| error.to_string())?;
        Ok(Self { name, input: event.input.into() })
    }
}

impl From<m::Attempted> for Attempted {
    fn from(of: m::Attempted) -> Self {
        Self { execution: of.execution.0, task: of.task.0, attempt: of.attempt }
    }
}

impl From<Attempted> for m::Attempted {
    fn from(of: Attempted) -> Self {
        Self { execution: m::Execution(of.execution), task: m::TaskId(of.task), attempt: of.attempt }
    }
}

impl<'a> From<&'a m::Parent> for Parent<'a> {
    fn from(parent: &'a m::Parent) -> Self {
        Self { no: parent.no.0, id: text(parent.id.as_str()), attempted: parent.attempted.into(), depth: parent.depth }
    }
}

impl TryFrom<Parent<'_>> for m::Parent {
    type Error = Wrong;

    fn try_from(parent: Parent<'_>) -> Result<Self, Wrong> {
        let (no, id) = (m::InstanceNo(parent.no), id(&parent.id)?);
        Ok(Self { no, id, attempted: parent.attempted.into(), depth: parent.depth })
    }
}

impl<'a> From<&'a m::StartSpec> for Spec<'a> {
    fn from(spec: &'a m::StartSpec) -> Self {
        let trace = |trace: &'a m::TraceContext| Trace { parent: text(trace.parent()), state: optional(trace.state()) };
        Self {
            name: text(spec.name.as_str()),
            input: (&spec.input).into(),
            version: optional(spec.version.as_deref()),
            tags: spec.tags.pairs().iter().map(|(name, value)| (text(name), text(value))).collect(),
            trace: spec.trace.as_ref().map(trace),
            start_at: spec.start_at.map(|at| at.0),
            parent: spec.parent.as_ref().map(Parent::from),
        }
    }
}

impl TryFrom<Spec<'_>> for m::StartSpec {
    type Error = Wrong;

    fn try_from(spec: Spec<'_>) -> Result<Self, Wrong> {
        let tags = spec.tags.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned()));
        let trace = |trace: Trace<'_>| {
            m::TraceContext::parse(&trace.parent, trace.state.as_deref()).ok_or("a malformed trace context")
        };
        Ok(Self {
            name: name(&spec.name)?,
            input: spec.input.into(),
            version: spec.version.map(Cow::into_owned),
            tags: m::Tags::new(tags).map_err(|error| error.to_string())?,
            trace: spec.trace.map(trace).transpose()?,
            start_at: spec.start_at.map(m::Timestamp),
            parent: spec.parent.map(m::Parent::try_from).transpose()?,
        })
    }
}
