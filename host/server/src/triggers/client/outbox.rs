//! What a run of a trigger wants to happen, until it is known whether it shall.

use kernel::limits::{TRIGGER_ERRANDS_MAX_BYTES, TRIGGER_ERRANDS_MAX_COUNT};
use kernel::model::{InstanceId, StartSpec};
use sandbox::ClientError;

use crate::hub::{Errand, NewInstance};

/// Which run: the same for each attempt at the same tick or message, and different from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId {
    /// The timer, or the consumer of a stream.
    pub source: String,
    /// The time in milliseconds, or the number of the message.
    pub sequence: u64,
}

/// Errands in the order in which they were asked for.
#[derive(Debug)]
pub struct Outbox {
    run: RunId,
    errands: Vec<Errand>,
    starts: usize,
    bytes: usize,
}

impl Outbox {
    /// An empty one.
    pub fn new(run: RunId) -> Self {
        Self { run, errands: Vec::new(), starts: 0, bytes: 0 }
    }

    /// Takes a start. An instance without an id gets one that follows from the run, so that it is the same instance however
    /// often the run is repeated.
    pub fn start(&mut self, id: Option<InstanceId>, spec: StartSpec) -> Result<InstanceId, ClientError> {
        let id = id.unwrap_or_else(|| self.run.instance(self.starts));
        self.push(Errand::Start { id: id.clone(), new: NewInstance { id: None, spec } })?;
        self.starts += 1;
        Ok(id)
    }

    /// Takes anything.
    pub fn push(&mut self, errand: Errand) -> Result<(), ClientError> {
        self.bytes += match &errand {
            Errand::Start { new, .. } => new.spec.input.len(),
            Errand::Signal { input, .. } => input.len(),
            Errand::Raise { event, .. } => event.input.len(),
        };
        if self.errands.len() >= TRIGGER_ERRANDS_MAX_COUNT || self.bytes > TRIGGER_ERRANDS_MAX_BYTES {
            let most = format!("{TRIGGER_ERRANDS_MAX_COUNT} calls with {TRIGGER_ERRANDS_MAX_BYTES} bytes");
            return Err(ClientError::Invalid(format!("one run of a trigger may collect at most {most} of input")));
        }
        self.errands.push(errand);
        Ok(())
    }

    /// All that is in it, which is then empty.
    pub fn take(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }
}

impl RunId {
    /// The id of the `n`-th instance that the run starts without one: the source with colons, the sequence, and `n`.
    fn instance(&self, n: usize) -> InstanceId {
        let Self { source, sequence } = self;
        let text = format!("{}-{sequence}-{n}", source.replace('/', ":"));
        InstanceId::parse(&text).expect("bindings whose source does not fit into an id are refused")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::limits::{INSTANCE_ID_MAX_CHARS, TRIGGER_SOURCE_MAX_CHARS};
    use kernel::model::{FunctionName, Payload, Tags};

    fn spec() -> StartSpec {
        let name = FunctionName::parse("f").unwrap();
        let input = Payload::null();
        StartSpec { name, input, version: None, tags: Tags::default(), trace: None, start_at: None, parent: None }
    }

    #[test]
    fn ids() {
        let check = |source: &str, sequence: u64, expect: &[&str]| {
            let mut outbox = Outbox::new(RunId { source: source.to_owned(), sequence });
            let ids: Vec<_> = expect.iter().map(|_| outbox.start(None, spec()).unwrap().to_string()).collect();
            assert_eq!(ids, expect);
        };
        check(
            "stream/main/EVENTS/article-events",
            17,
            &["stream:main:EVENTS:article-events-17-0", "stream:main:EVENTS:article-events-17-1"],
        );
        check("timer/article/nightly", 1_795_323_600_000, &["timer:article:nightly-1795323600000-0"]);
        let longest = RunId { source: "x".repeat(TRIGGER_SOURCE_MAX_CHARS), sequence: u64::MAX };
        let id = longest.instance(TRIGGER_ERRANDS_MAX_COUNT - 1);
        assert!(id.as_str().chars().count() <= INSTANCE_ID_MAX_CHARS, "{id}");
    }

    #[test]
    fn a_given_id_stays_and_counts() {
        let mut outbox = Outbox::new(RunId { source: "s".to_owned(), sequence: 1 });
        let given = InstanceId::parse("mine").unwrap();
        assert_eq!(outbox.start(Some(given.clone()), spec()), Ok(given));
        assert_eq!(outbox.start(None, spec()).unwrap().as_str(), "s-1-1");
        assert_eq!((outbox.take().len(), outbox.take().len()), (2, 0));
    }

    #[test]
    fn an_outbox_is_full_at_some_point() {
        let mut outbox = Outbox::new(RunId { source: "s".to_owned(), sequence: 1 });
        for _ in 0..TRIGGER_ERRANDS_MAX_COUNT {
            outbox.start(None, spec()).unwrap();
        }
        let error = outbox.start(None, spec()).unwrap_err().to_string();
        assert!(error.contains("at most 1000 calls"), "{error}");
    }
}
