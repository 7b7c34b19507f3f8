//! What can happen to a made-up instance, as the event that records it.

use kernel::model::*;

/// One thing that happens to an instance.
#[derive(Debug, Clone, Copy)]
pub enum Did {
    Start,
    /// As a child of another one.
    StartChild,
    /// Later: until then it is pending.
    StartAt(u64),
    Schedule(u32),
    Finish(u32),
    Retry(u32, u64),
    Sleep(u32, u64),
    Fire(u32),
    Say(&'static str),
    Suspend,
    Resume,
    Complete,
    Fail,
    Terminate,
}

use Did::*;

impl Did {
    /// Whether it is the first thing that happens.
    pub fn begins(self) -> bool {
        matches!(self, Start | StartChild | StartAt(_))
    }
}

/// The event that records what an instance did at a time.
pub fn event(id: &str, at: Timestamp, did: Did) -> Event {
    let failure = || Failure::host(kind::TRAP, "no");
    match did {
        Start => started(id, at, Execution::FIRST),
        StartChild => {
            let attempted = Attempted { execution: Execution(2), task: TaskId(3), attempt: 4 };
            let id_of_parent = InstanceId::parse("parent: 1").unwrap();
            let parent = Parent { no: InstanceNo(12), id: id_of_parent, attempted, depth: 1 };
            with(started(id, at, Execution::FIRST), |spec| spec.parent = Some(parent))
        }
        StartAt(later) => with(started(id, at, Execution::FIRST), |spec| spec.start_at = Some(Timestamp(later))),
        Schedule(task) => Event::TaskScheduled {
            task: TaskId(task),
            name: FunctionName::parse("pack").unwrap(),
            input: Payload::null(),
            options: ActivityOptions::default(),
        },
        Finish(task) => Event::TaskCompleted { task: TaskId(task), output: Payload::null() },
        Retry(task, at) => {
            Event::TaskAttemptFailed { task: TaskId(task), attempt: 1, failure: failure(), retry_at: Timestamp(at) }
        }
        Sleep(id, at) => Event::TimerCreated { timer: TaskId(id), fire_at: Timestamp(at) },
        Fire(id) => Event::TimerFired { timer: TaskId(id) },
        Say(text) => Event::CustomStatusSet { value: Payload::parse(text.as_bytes()).unwrap() },
        Suspend => Event::Suspended { reason: Payload::null() },
        Resume => Event::Resumed { reason: Payload::null() },
        Complete => Event::Completed { output: Payload::null() },
        Fail => Event::Failed { failure: failure() },
        Terminate => Event::Terminated { reason: Payload::null() },
    }
}

/// The beginning of an execution.
pub fn started(id: &str, created: Timestamp, execution: Execution) -> Event {
    Event::Started(Box::new(Started {
        id: InstanceId::parse(id).unwrap(),
        execution,
        created,
        component: ComponentDigest::of(id.as_bytes()),
        seed: 7,
        rules: 1,
        spec: StartSpec {
            name: FunctionName::parse("orders.Ship").unwrap(),
            input: Payload::null(),
            version: None,
            tags: Tags::default(),
            trace: None,
            start_at: None,
            parent: None,
        },
    }))
}

fn with(mut event: Event, change: impl FnOnce(&mut StartSpec)) -> Event {
    if let Event::Started(started) = &mut event {
        change(&mut started.spec);
    }
    event
}
