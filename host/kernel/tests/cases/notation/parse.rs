//! Reading the notation.

use kernel::model::{
    ActivityOptions, Afresh, Attempted, Caller, Cause, ChildOptions, ComponentDigest, Decision, Entity, EntityId,
    EntityState, Event, EventName, Execution, Failure, FunctionName, Holder, Hops, InstanceId, InstanceNo, Letter,
    LockSet, Millis, Operation, OperationName, Parent, Raised, Reach, RetryPolicy, StartSpec, Started, Tags, TaskId,
    Timestamp, TraceContext,
};

use super::COMPONENTS;
use crate::words::{Words, parse, payload, text};

/// Reads one event. `next` is the index of the next decision, which `#` stands for.
pub fn event(clause: &str, next: u32) -> Result<Event, String> {
    let mut words = Words::of(clause);
    let event = match words.next("an event")? {
        "started" => Event::Started(Box::new(started(&mut words)?)),
        "turn" => Event::TurnStarted { takes: words.rest().first().map_or(Ok(0), |word| parse(word, "a count"))? },
        "scheduled" => {
            let (task, name, input) = (id(&mut words, next)?, name(&mut words)?, words.payload("the input")?);
            Event::TaskScheduled { task, name, input, options: activity_options(&mut words)? }
        }
        "child" => {
            let (task, name, input) = (id(&mut words, next)?, name(&mut words)?, words.payload("the input")?);
            Event::ChildScheduled { task, name, input, options: child_options(&mut words)? }
        }
        "attempt-failed" => {
            let (task, attempt) = task_and_attempt(&mut words)?;
            let retry_at = Timestamp(words.key_parsed("retry-at")?.ok_or("retry-at is missing")?);
            Event::TaskAttemptFailed { task, attempt, failure: failure(&mut words)?, retry_at }
        }
        "task-completed" => Event::TaskCompleted { task: id(&mut words, next)?, output: words.payload("the output")? },
        "task-failed" => Event::TaskFailed { task: id(&mut words, next)?, failure: failure(&mut words)? },
        "timer" => Event::TimerCreated { timer: id(&mut words, next)?, fire_at: Timestamp(words.parse("a time")?) },
        "timer-fired" => Event::TimerFired { timer: id(&mut words, next)? },
        "cancelled" => Event::Cancelled { target: id(&mut words, next)? },
        "sent" => Event::Sent { to: instance(&words.text("an instance")?)?, event: raised(&mut words)? },
        "called" => {
            let (task, to, name) = (id(&mut words, next)?, entity(&mut words)?, operation(&mut words)?);
            Event::EntityCalled { task, to, name, input: words.payload("the input")? }
        }
        "signaled" => {
            let at = words.key_parsed("at")?.map(Timestamp);
            let (to, name) = (entity(&mut words)?, operation(&mut words)?);
            Event::EntitySignaled { to, name, input: words.payload("the input")?, at }
        }
        "lock" => Event::LockRequested { task: id(&mut words, next)?, set: lock_set(&mut words)? },
        "released" => Event::LockReleased { lock: id(&mut words, next)? },
        "raised" => Event::Raised(raised(&mut words)?),
        "custom-status" => Event::CustomStatusSet { value: words.payload("the value")? },
        "suspended" => Event::Suspended { reason: words.payload("the reason")? },
        "resumed" => Event::Resumed { reason: words.payload("the reason")? },
        "rewound" => {
            let reason = words.payload("the reason")?;
            let tasks = words.rest().into_iter().map(|word| parse(word, "a task").map(TaskId));
            Event::Rewound { reason, tasks: tasks.collect::<Result<_, _>>()? }
        }
        "repinned" => Event::Repinned { component: named(words.next("a component")?) },
        "completed" => Event::Completed { output: words.payload("the output")? },
        "failed" => Event::Failed { failure: failure(&mut words)? },
        "terminated" => Event::Terminated { reason: words.payload("the reason")? },
        other => return Err(format!("{other:?} is not an event")),
    };
    words.end()?;
    Ok(event)
}

/// Reads what a start is made of.
pub fn started(words: &mut Words<'_>) -> Result<Started, String> {
    Ok(Started {
        id: instance(&words.key_text("id")?.unwrap_or_else(|| "i1".to_owned()))?,
        execution: Execution(words.key_parsed("execution")?.unwrap_or(1)),
        created: Timestamp(words.key_parsed("created")?.unwrap_or(1_000)),
        component: named(words.key("component").unwrap_or(COMPONENTS[0])),
        seed: words.key_parsed("seed")?.unwrap_or(7),
        rules: words.key_parsed("rules")?.unwrap_or(1),
        spec: spec(words)?,
    })
}

/// Reads a decision, if it is one.
pub fn decision(word: &str, words: &mut Words<'_>) -> Result<Option<Decision>, String> {
    Ok(Some(match word {
        "activity" => {
            let (name, input) = (name(words)?, words.payload("the input")?);
            Decision::ScheduleActivity { name, input, options: activity_options(words)? }
        }
        "child" => {
            let (name, input) = (name(words)?, words.payload("the input")?);
            Decision::StartChild { name, input, options: child_options(words)? }
        }
        "timer" => Decision::CreateTimer { fire_at: Timestamp(words.parse("a time")?) },
        "cancel" => Decision::Cancel { target: TaskId(words.parse("an id")?) },
        "send" => Decision::SendEvent { to: instance(&words.text("an instance")?)?, event: raised(words)? },
        "call" => {
            let (to, name) = (entity(words)?, operation(words)?);
            Decision::CallEntity { to, name, input: words.payload("the input")? }
        }
        "signal" => {
            let at = words.key_parsed("at")?.map(Timestamp);
            let (to, name) = (entity(words)?, operation(words)?);
            Decision::SignalEntity { to, name, input: words.payload("the input")?, at }
        }
        "lock" => Decision::LockEntities { set: lock_set(words)? },
        "release" => Decision::ReleaseLock { lock: TaskId(words.parse("an id")?) },
        _ => return Ok(None),
    }))
}

/// Reads a letter.
pub fn letter(line: &str) -> Result<Letter, String> {
    let mut words = Words::of(line);
    let letter = match words.next("a letter")? {
        "start" => Letter::Start {
            id: instance(&words.text("an instance")?)?,
            after: if words.flag("or-rewound") { Afresh::UnlessRewound } else { Afresh::Always },
            own: named(words.key("own").unwrap_or(COMPONENTS[0])),
            seed: words.key_parsed("seed")?.unwrap_or(7),
            spec: Box::new(spec(&mut words)?),
        },
        "raise" => Letter::Raise { to: instance(&words.text("an instance")?)?, event: raised(&mut words)? },
        "done" => {
            let (to, of) = (InstanceNo(words.parse("a number")?), attempted(&mut words)?);
            Letter::TaskDone { to, of, outcome: Ok(words.payload("the output")?) }
        }
        "fail" => {
            let (to, of) = (InstanceNo(words.parse("a number")?), attempted(&mut words)?);
            Letter::TaskDone { to, of, outcome: Err(failure(&mut words)?) }
        }
        "terminate" => Letter::Terminate {
            to: instance(&words.text("an instance")?)?,
            child_of: parent(&words.key_text("child-of")?.ok_or("child-of is missing")?)?,
            reason: words.payload("the reason")?,
            reach: reach(&mut words),
        },
        "operate" => {
            let seed = words.key_parsed("seed")?.unwrap_or(7);
            let caller = words.key("caller").map(caller).transpose()?;
            let due = words.key_parsed("due")?.map(Timestamp);
            let (to, name) = (entity(&mut words)?, operation(&mut words)?);
            let operation = Operation { name, input: words.payload("the input")?, seed };
            Letter::Operate { to, operation, caller, due }
        }
        "lock" => {
            let (at, holder) = place_and_holder(&mut words)?;
            Letter::Lock { set: lock_set(&mut words)?, at, holder }
        }
        "unlock" => {
            let (at, holder) = place_and_holder(&mut words)?;
            let hops = if words.flag("onward") { Hops::Onward } else { Hops::One };
            Letter::Unlock { set: lock_set(&mut words)?, at, holder, hops }
        }
        other => return Err(format!("{other:?} is not a letter")),
    };
    words.end()?;
    Ok(letter)
}

/// Reads `@NAME@KEY created=MS at=MS [component=…] [state=JSON] [version=N] [locked=NO/EXECUTION/TASK]`.
pub fn entity_row(line: &str) -> Result<Entity, String> {
    let mut words = Words::of(line);
    let data = words.key("state").map(payload).transpose()?;
    let version = words.key_parsed("version")?.unwrap_or(0);
    let entity = Entity {
        id: entity(&mut words)?,
        created: Timestamp(words.key_parsed("created")?.ok_or("created is missing")?),
        at: Timestamp(words.key_parsed("at")?.ok_or("at is missing")?),
        component: words.key("component").map(named),
        state: data.map(|data| EntityState { data, version }),
        lock: words.key("locked").map(holder).transpose()?,
    };
    words.end()?;
    Ok(entity)
}

fn entity(words: &mut Words<'_>) -> Result<EntityId, String> {
    EntityId::parse(&words.text("an entity")?).map_err(|error| error.to_string())
}

fn operation(words: &mut Words<'_>) -> Result<OperationName, String> {
    OperationName::parse(&words.text("an operation")?).map_err(|error| error.to_string())
}

/// Reads all words that are left as entities; `80*@NAME@` stands for so many with the keys 0 to 79.
fn lock_set(words: &mut Words<'_>) -> Result<LockSet, String> {
    let mut entities = Vec::new();
    for word in words.rest() {
        let word = text(word)?;
        let texts = match word.split_once('*') {
            Some((count, first)) => (0..parse::<u32>(count, "a count")?).map(|key| format!("{first}{key}")).collect(),
            None => vec![word],
        };
        for text in texts {
            entities.push(EntityId::parse(&text).map_err(|error| error.to_string())?);
        }
    }
    LockSet::new(entities).ok_or_else(|| "a lock has entities".to_owned())
}

fn place_and_holder(words: &mut Words<'_>) -> Result<(usize, Holder), String> {
    let at = words.key_parsed("at")?.ok_or("at is missing")?;
    Ok((at, holder(words.key("holder").ok_or("holder is missing")?)?))
}

/// Reads `NO/EXECUTION/TASK`.
fn holder(word: &str) -> Result<Holder, String> {
    let [no, execution, task] = numbers(word)?;
    let task = TaskId(u32::try_from(task).map_err(|error| error.to_string())?);
    Ok(Holder { no: InstanceNo(no), execution: execution_of(execution)?, task })
}

/// Reads `NO/EXECUTION/TASK/ATTEMPT`.
fn caller(word: &str) -> Result<Caller, String> {
    let [no, execution, task, attempt] = numbers(word)?;
    let small = |number: u64| u32::try_from(number).map_err(|error| error.to_string());
    let of = Attempted { execution: execution_of(execution)?, task: TaskId(small(task)?), attempt: small(attempt)? };
    Ok(Caller { no: InstanceNo(no), of })
}

fn execution_of(number: u64) -> Result<Execution, String> {
    u32::try_from(number).map(Execution).map_err(|error| error.to_string())
}

fn numbers<const COUNT: usize>(word: &str) -> Result<[u64; COUNT], String> {
    let numbers = word.split('/').map(|part| parse(part, "a number")).collect::<Result<Vec<_>, _>>()?;
    numbers.try_into().map_err(|_| format!("{word:?} is not {COUNT} numbers"))
}

/// Reads `0/1`: a task and its attempt.
fn task_and_attempt(words: &mut Words<'_>) -> Result<(TaskId, u32), String> {
    let word = words.next("a task")?;
    let (task, attempt) = word.split_once('/').ok_or_else(|| format!("{word:?} is not TASK/ATTEMPT"))?;
    Ok((TaskId(parse(task, "a task")?), parse(attempt, "an attempt")?))
}

/// Reads `0/1 [execution=1]`: an attempt of a task, of the first execution if nothing else is said.
pub fn attempted(words: &mut Words<'_>) -> Result<Attempted, String> {
    let (task, attempt) = task_and_attempt(words)?;
    Ok(Attempted { execution: Execution(words.key_parsed("execution")?.unwrap_or(1)), task, attempt })
}

/// Reads `KIND [message=…] [details=…] [retryable] [cause=["KIND","MESSAGE"(,"DETAILS")]]…`.
pub fn failure(words: &mut Words<'_>) -> Result<Failure, String> {
    let cause = |word: &str| {
        let [kind, message, details @ ..] = &serde_json::from_str::<Vec<String>>(word).map_err(|e| e.to_string())?[..]
        else {
            return Err(format!("{word:?} is not a cause"));
        };
        Ok(Cause { kind: kind.clone(), message: message.clone(), details: details.first().cloned() })
    };
    Ok(Failure {
        kind: words.next("a failure's kind")?.to_owned(),
        message: words.key_text("message")?.unwrap_or_default(),
        details: words.key_text("details")?,
        retryable: words.flag("retryable"),
        causes: words.keys("cause").into_iter().map(cause).collect::<Result<_, _>>()?,
    })
}

/// A component of that name, or with that digest.
pub fn named(word: &str) -> ComponentDigest {
    ComponentDigest::parse(word).unwrap_or_else(|| ComponentDigest::of(word.as_bytes()))
}

/// Reads `NAME INPUT`.
pub fn raised(words: &mut Words<'_>) -> Result<Raised, String> {
    let name = EventName::parse(&words.text("the name of an event")?).map_err(|error| error.to_string())?;
    Ok(Raised { name, input: words.payload("the input")? })
}

/// Whether `children` stands there.
pub fn reach(words: &mut Words<'_>) -> Reach {
    if words.flag("children") { Reach::Children } else { Reach::Alone }
}

/// Reads `NAME INPUT [version=…] [tag=NAME=VALUE]… [trace=…] [trace-state=…] [start-at=MS] [parent=PARENT]`, where a parent
/// is `NO/EXECUTION/TASK/ATTEMPT/ID`.
fn spec(words: &mut Words<'_>) -> Result<StartSpec, String> {
    let tag = |word: &str| {
        let (name, value) = text(word)?.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())).ok_or("no tag")?;
        Ok::<_, String>((name, value))
    };
    let state = words.key_text("trace-state")?;
    let trace = |parent: &str| TraceContext::parse(parent, state.as_deref()).ok_or("a malformed trace");
    let tags = words.keys("tag").into_iter().map(tag).collect::<Result<Vec<_>, _>>()?;
    Ok(StartSpec {
        name: name(words)?,
        input: words.payload("the input")?,
        version: words.key_text("version")?,
        tags: Tags::new(tags).map_err(|error| error.to_string())?,
        trace: words.key("trace").map(trace).transpose()?,
        start_at: words.key_parsed("start-at")?.map(Timestamp),
        parent: words.key_text("parent")?.map(|text| parent(&text)).transpose()?,
    })
}

fn parent(text: &str) -> Result<Parent, String> {
    Parent::parse(text).ok_or_else(|| format!("{text:?} is not NO/EXECUTION/TASK/ATTEMPT/ID"))
}

fn instance(text: &str) -> Result<InstanceId, String> {
    InstanceId::parse(text).map_err(|error| error.to_string())
}

fn id(words: &mut Words<'_>, next: u32) -> Result<TaskId, String> {
    match words.next("an id")? {
        "#" => Ok(TaskId(next)),
        word => Ok(TaskId(parse(word, "an id")?)),
    }
}

fn name(words: &mut Words<'_>) -> Result<FunctionName, String> {
    FunctionName::parse(words.next("a function")?).map_err(|error| error.to_string())
}

/// Reads `[timeout=MS] [POLICY]`.
fn activity_options(words: &mut Words<'_>) -> Result<ActivityOptions, String> {
    Ok(ActivityOptions { timeout: words.key_parsed("timeout")?.map(Millis), retry: policy(words)? })
}

/// Reads `[as=ID] [version=…] [POLICY]`.
fn child_options(words: &mut Words<'_>) -> Result<ChildOptions, String> {
    let given = words.key_text("as")?.map(|text| instance(&text)).transpose()?;
    Ok(ChildOptions { instance: given, version: words.key_text("version")?, retry: policy(words)? })
}

/// Reads `attempts=N [first=MS] [coefficient=F] [max=MS] [within=MS] [jitter=F] [not=KIND,KIND]`, if there is a policy.
fn policy(words: &mut Words<'_>) -> Result<Option<RetryPolicy>, String> {
    let Some(max_attempts) = words.key_parsed("attempts")? else { return Ok(None) };
    Ok(Some(RetryPolicy {
        max_attempts,
        first_interval: Millis(words.key_parsed("first")?.unwrap_or(0)),
        coefficient: words.key_parsed("coefficient")?.unwrap_or(1.0),
        max_interval: words.key_parsed("max")?.map(Millis),
        retry_timeout: words.key_parsed("within")?.map(Millis),
        jitter: words.key_parsed("jitter")?.unwrap_or(0.0),
        non_retryable: words.key("not").map_or(Vec::new(), |kinds| kinds.split(',').map(str::to_owned).collect()),
    }))
}
