//! A status document for each way in which an instance can stand, and a history with each kind of event.

mod entities;

use super::*;
use expect_test::{Expect, expect};
use kernel::model::{
    ActivityOptions, Attempted, ChildOptions, ComponentDigest, Event, EventName, Execution, FunctionName, InstanceId,
    InstanceNo, LogSeq, Parent, Raised, Record, StartSpec, Status, Tags, TaskId, Timestamp, TraceContext,
};
use kernel::orchestration::Warning;

const SHOW_ALL: Show = Show { input: Part::Shown, history_output: Part::Shown };
const SHOW_LITTLE: Show = Show { input: Part::Hidden, history_output: Part::Hidden };

fn payload(text: &str) -> Payload {
    Payload::parse(text.as_bytes()).unwrap()
}

fn name(text: &str) -> FunctionName {
    FunctionName::parse(text).unwrap()
}

fn id(text: &str) -> InstanceId {
    InstanceId::parse(text).unwrap()
}

fn failure() -> Failure {
    Failure::from_guest("declined".into(), "no \"money\"".into(), Some("at line 3".into()), false, Vec::new())
}

/// The failure of somebody who failed because somebody else did, who failed because of [`failure`].
fn passed_on() -> Failure {
    Failure::of_child(&id("child"), &Failure::of_child(&id("grandchild"), &failure()))
}

/// The instance `my-id` of `Chain`, started at 05:00:00 with `{"n":1}`, whose later records are these.
fn view(later: Vec<Record>) -> InstanceView {
    let spec = StartSpec {
        name: name("Chain"),
        input: payload(r#"{"n":1}"#),
        version: None,
        tags: Tags::default(),
        trace: None,
        start_at: None,
        parent: None,
    };
    started_as(spec, later)
}

fn started_as(spec: StartSpec, later: Vec<Record>) -> InstanceView {
    let started = Started {
        id: id("my-id"),
        execution: Execution::FIRST,
        created: at(0),
        component: ComponentDigest([7; 32]),
        seed: 1,
        rules: 1,
        spec,
    };
    let mut head = Head {
        no: InstanceNo(1),
        id: started.id.clone(),
        name: started.spec.name.clone(),
        component: started.component,
        parent: started.spec.parent.clone(),
        execution: started.execution,
        status: Status::Running,
        created: at(0),
        updated: at(0),
        first: LogSeq(1),
        last: LogSeq(1),
        sum: [0; 16],
        events: 2,
        bytes: 100,
        open_tasks: 0,
        wake_at: None,
        custom_status: None,
    };
    later.iter().for_each(|record| head.note(record));
    let ended = later.last().and_then(Record::ended);
    head.status = ended.as_ref().map_or(Status::Running, Ended::status);
    let events = vec![Event::Started(Box::new(started.clone())), Event::TurnStarted { takes: 0 }];
    let history = Some([vec![record(0, events)], later].concat());
    let started = Some(started);
    InstanceView { head, started, ended, held: None, warnings: Vec::new(), progress: Vec::new(), history }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp(1_795_323_600_000 + seconds * 1000)
}

fn record(seconds: u64, events: Vec<Event>) -> Record {
    Record { at: at(seconds), events }
}

fn scheduled(task: u32, input: &str) -> Event {
    let options = ActivityOptions::default();
    Event::TaskScheduled { task: TaskId(task), name: name("say"), input: payload(input), options }
}

fn check(view: &InstanceView, show: Show, expect: Expect) {
    let mut out = Vec::new();
    instance(&mut out, view, show);
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let mut lines = Vec::new();
    for (key, value) in document.as_object().unwrap() {
        match value.as_array().filter(|_| key == "historyEvents") {
            Some(events) => lines.extend(events.iter().map(|event| format!("  {event}"))),
            None => lines.push(format!("{key}: {value}")),
        }
    }
    expect.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn statuses() {
    let status_only = |later| InstanceView { history: None, ..view(later) };
    check(
        &status_only(vec![]),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:00.000Z"
            name: "Chain"
            output: null
            runtimeStatus: "Running"
        "#]],
    );
    check(
        &status_only(vec![]),
        SHOW_LITTLE,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            input: null
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:00.000Z"
            name: "Chain"
            output: null
            runtimeStatus: "Running"
        "#]],
    );
    let custom = Event::CustomStatusSet { value: payload(r#"{"at":"Tokyo"}"#) };
    let output = payload(r#"["Hello Tokyo!"]"#);
    check(
        &status_only(vec![record(1, vec![custom, Event::Completed { output }])]),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: {"at":"Tokyo"}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:01.000Z"
            name: "Chain"
            output: ["Hello Tokyo!"]
            runtimeStatus: "Completed"
        "#]],
    );
    check(
        &status_only(vec![record(1, vec![Event::Failed { failure: failure() }])]),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            failure: {"details":"at line 3","kind":"declined","message":"no \"money\"","retryable":false}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:01.000Z"
            name: "Chain"
            output: "no \"money\""
            runtimeStatus: "Failed"
        "#]],
    );
    let reason = payload(r#""not needed""#);
    check(
        &status_only(vec![record(1, vec![Event::Terminated { reason }])]),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:01.000Z"
            name: "Chain"
            output: "not needed"
            runtimeStatus: "Terminated"
        "#]],
    );
    let lines = vec![("history has", "create-timer 5".to_owned()), ("code has", "nothing".to_owned())];
    let held = Some(HeldView { text: "the code does not replay".to_owned(), lines, remedy: "deploy other code" });
    check(
        &InstanceView { held, started: None, ..status_only(vec![]) },
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            held: "the code does not replay"
            heldDetails: [{"name":"history has","value":"create-timer 5"},{"name":"code has","value":"nothing"}]
            heldRemedy: "deploy other code"
            input: null
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:00.000Z"
            name: "Chain"
            output: null
            runtimeStatus: "Running"
        "#]],
    );
}

#[test]
fn histories() {
    let busy = Failure::from_guest("busy".into(), "try later".into(), None, true, Vec::new());
    let fire_at = at(60);
    let all = vec![
        record(
            0,
            vec![
                scheduled(0, "\"Tokyo\""),
                scheduled(1, "\"Lima\""),
                Event::TimerCreated { timer: TaskId(2), fire_at },
                Event::TimerCreated { timer: TaskId(3), fire_at },
            ],
        ),
        record(1, vec![Event::TaskAttemptFailed { task: TaskId(0), attempt: 1, failure: busy, retry_at: at(5) }]),
        record(
            6,
            vec![
                Event::TurnStarted { takes: 1 },
                Event::TaskCompleted { task: TaskId(0), output: payload("\"Hello Tokyo!\"") },
                Event::TaskFailed { task: TaskId(1), failure: failure() },
                Event::Cancelled { target: TaskId(3) },
                Event::CustomStatusSet { value: payload("1") },
                scheduled(5, "\"Oslo\""),
            ],
        ),
        record(60, vec![Event::TurnStarted { takes: 1 }, Event::TimerFired { timer: TaskId(2) }]),
        record(61, vec![Event::Completed { output: payload("[1]") }]),
    ];
    check(
        &view(all.clone()),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: 1
              {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"Attempt":1,"EventType":"TaskAttemptFailed","FailureDetails":{"ErrorMessage":"try later","ErrorType":"busy","IsNonRetriable":false},"FunctionName":"say","Input":"Tokyo","Reason":"try later","RetryAt":"2026-11-22T05:00:05.000Z","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:01.000Z"}
              {"EventType":"TaskCompleted","FunctionName":"say","Input":"Tokyo","Result":"Hello Tokyo!","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"Details":"at line 3","EventType":"TaskFailed","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"FunctionName":"say","Input":"Lima","Reason":"no \"money\"","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"TimerCancelled","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"CustomStatus":1,"EventType":"CustomStatusSet","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"TaskScheduled","FunctionName":"say","Input":"Oslo","ScheduledTime":"2026-11-22T05:00:06.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"TimerFired","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:01:00.000Z"}
              {"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","Result":[1],"Timestamp":"2026-11-22T05:01:01.000Z"}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:01:01.000Z"
            name: "Chain"
            output: [1]
            runtimeStatus: "Completed"
        "#]],
    );
    check(
        &view(all),
        SHOW_LITTLE,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: 1
              {"EventType":"ExecutionStarted","FunctionName":"Chain","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"Attempt":1,"EventType":"TaskAttemptFailed","FailureDetails":{"ErrorMessage":"try later","ErrorType":"busy","IsNonRetriable":false},"FunctionName":"say","Reason":"try later","RetryAt":"2026-11-22T05:00:05.000Z","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:01.000Z"}
              {"EventType":"TaskCompleted","FunctionName":"say","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"Details":"at line 3","EventType":"TaskFailed","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"FunctionName":"say","Reason":"no \"money\"","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"TimerCancelled","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"CustomStatus":1,"EventType":"CustomStatusSet","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"TaskScheduled","FunctionName":"say","ScheduledTime":"2026-11-22T05:00:06.000Z","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"TimerFired","FireAt":"2026-11-22T05:01:00.000Z","Timestamp":"2026-11-22T05:01:00.000Z"}
              {"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","Timestamp":"2026-11-22T05:01:01.000Z"}
            input: null
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:01:01.000Z"
            name: "Chain"
            output: [1]
            runtimeStatus: "Completed"
        "#]],
    );
    check(
        &view(vec![record(1, vec![Event::Failed { failure: failure() }])]),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            failure: {"details":"at line 3","kind":"declined","message":"no \"money\"","retryable":false}
              {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"ExecutionCompleted","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"OrchestrationStatus":"Failed","Result":"no \"money\"","Timestamp":"2026-11-22T05:00:01.000Z"}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:01.000Z"
            name: "Chain"
            output: "no \"money\""
            runtimeStatus: "Failed"
        "#]],
    );
    check(
        &view(vec![record(1, vec![Event::Terminated { reason: payload("\"stop\"") }])]),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
              {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"ExecutionTerminated","Input":"stop","Timestamp":"2026-11-22T05:00:01.000Z"}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:01.000Z"
            name: "Chain"
            output: "stop"
            runtimeStatus: "Terminated"
        "#]],
    );
}

#[test]
fn what_it_was_started_with_and_what_is_the_matter_with_it() {
    let attempted = Attempted { execution: Execution::FIRST, task: TaskId(0), attempt: 1 };
    let tags = Tags::new([("team".to_owned(), "blue".to_owned()), ("n".to_owned(), "1".to_owned())]).unwrap();
    let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None);
    let spec = StartSpec {
        name: name("Chain"),
        input: payload("1"),
        version: Some("2.0".to_owned()),
        tags,
        trace,
        start_at: Some(at(60)),
        parent: Some(Parent { no: InstanceNo(9), id: id("mother"), attempted, depth: 1 }),
    };
    let mut shown = InstanceView { history: None, ..started_as(spec, vec![]) };
    shown.head.status = Status::Pending;
    shown.warnings = vec![Warning { what: "events in the history", used: 160_000, limit: 200_000 }];
    shown.progress = vec![(TaskId(3), name("copy"), payload(r#"{"done":7}"#))];
    check(
        &shown,
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            input: 1
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:00.000Z"
            name: "Chain"
            output: null
            parentInstanceId: "mother"
            progress: [{"detail":{"done":7},"functionName":"copy","task":3}]
            runtimeStatus: "Pending"
            scheduledStartTime: "2026-11-22T05:01:00.000Z"
            tags: {"n":"1","team":"blue"}
            traceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            version: "2.0"
            warnings: ["160000 events in the history, of at most 200000"]
        "#]],
    );
    let failed = vec![record(1, vec![Event::Failed { failure: passed_on() }])];
    check(
        &InstanceView { history: None, ..view(failed) },
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
            failure: {"causes":[{"kind":"dacapo:child-failed","message":"child grandchild failed: no \"money\""},{"details":"at line 3","kind":"declined","message":"no \"money\""}],"kind":"dacapo:child-failed","message":"child child failed: child grandchild failed: no \"money\"","retryable":false}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:01.000Z"
            name: "Chain"
            output: "child child failed: child grandchild failed: no \"money\""
            runtimeStatus: "Failed"
        "#]],
    );
}

#[test]
fn histories_of_families_and_events() {
    let child = |task: u32, instance: Option<&str>| {
        let options = ChildOptions { instance: instance.map(id), ..ChildOptions::default() };
        Event::ChildScheduled { task: TaskId(task), name: name("Echo"), input: payload("7"), options }
    };
    let raised = |name: &str| Raised { name: EventName::parse(name).unwrap(), input: payload("true") };
    let reason = payload("\"because\"");
    let busy = Failure::of_child(&id("child"), &failure());
    let records = vec![
        record(0, vec![child(0, Some("child")), child(1, None), child(2, None), child(3, None), scheduled(4, "null")]),
        record(1, vec![Event::TaskAttemptFailed { task: TaskId(1), attempt: 1, failure: busy, retry_at: at(2) }]),
        record(
            3,
            vec![
                Event::TaskCompleted { task: TaskId(0), output: payload("8") },
                Event::TaskCompleted { task: TaskId(1), output: payload("9") },
                Event::TaskFailed { task: TaskId(2), failure: passed_on() },
                Event::Raised(raised("Approval")),
                Event::TurnStarted { takes: 4 },
                Event::Cancelled { target: TaskId(3) },
                Event::Cancelled { target: TaskId(4) },
                Event::Sent { to: id("other"), event: raised("Hello") },
            ],
        ),
        record(4, vec![Event::Suspended { reason: reason.clone() }]),
        record(5, vec![Event::Resumed { reason: reason.clone() }]),
        record(6, vec![Event::Repinned { component: ComponentDigest([8; 32]) }]),
        record(7, vec![Event::TurnStarted { takes: 0 }, Event::Failed { failure: passed_on() }]),
        record(8, vec![Event::Rewound { reason, tasks: vec![TaskId(2)] }]),
    ];
    check(
        &view(records.clone()),
        SHOW_ALL,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
              {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"SubOrchestrationInstanceCreated","FunctionName":"Echo","Input":7,"InstanceId":"0000000000000001:2","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"Attempt":1,"EventType":"SubOrchestrationInstanceAttemptFailed","FailureDetails":{"ErrorMessage":"child child failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"no \"money\"","ErrorType":"declined","StackTrace":"at line 3"},"IsNonRetriable":true},"FunctionName":"Echo","Input":7,"InstanceId":"0000000000000001:1","Reason":"child child failed: no \"money\"","RetryAt":"2026-11-22T05:00:02.000Z","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:01.000Z"}
              {"EventType":"SubOrchestrationInstanceCompleted","FunctionName":"Echo","Input":7,"InstanceId":"child","Result":8,"ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"SubOrchestrationInstanceCompleted","FunctionName":"Echo","Input":7,"InstanceId":"0000000000000001:1:2","Result":9,"ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"SubOrchestrationInstanceFailed","FailureDetails":{"ErrorMessage":"child child failed: child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"no \"money\"","ErrorType":"declined","StackTrace":"at line 3"}},"IsNonRetriable":true},"FunctionName":"Echo","Input":7,"InstanceId":"0000000000000001:2","Reason":"child child failed: child grandchild failed: no \"money\"","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"EventRaised","Input":true,"Name":"Approval","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"SubOrchestrationInstanceCancelled","FunctionName":"Echo","Input":7,"InstanceId":"0000000000000001:3","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"TaskCancelled","FunctionName":"say","Input":null,"ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"EventSent","Input":true,"InstanceId":"other","Name":"Hello","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"ExecutionSuspended","Reason":"because","Timestamp":"2026-11-22T05:00:04.000Z"}
              {"EventType":"ExecutionResumed","Reason":"because","Timestamp":"2026-11-22T05:00:05.000Z"}
              {"Component":"0808080808080808080808080808080808080808080808080808080808080808","EventType":"ComponentChanged","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"ExecutionCompleted","FailureDetails":{"ErrorMessage":"child child failed: child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"no \"money\"","ErrorType":"declined","StackTrace":"at line 3"}},"IsNonRetriable":true},"OrchestrationStatus":"Failed","Result":"child child failed: child grandchild failed: no \"money\"","Timestamp":"2026-11-22T05:00:07.000Z"}
              {"EventType":"ExecutionRewound","Reason":"because","Timestamp":"2026-11-22T05:00:08.000Z"}
            input: {"n":1}
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:08.000Z"
            name: "Chain"
            output: null
            runtimeStatus: "Running"
        "#]],
    );
    check(
        &view(records),
        SHOW_LITTLE,
        expect![[r#"
            createdTime: "2026-11-22T05:00:00.000Z"
            customStatus: null
              {"EventType":"ExecutionStarted","FunctionName":"Chain","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"EventType":"SubOrchestrationInstanceCreated","FunctionName":"Echo","InstanceId":"0000000000000001:2","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:00.000Z"}
              {"Attempt":1,"EventType":"SubOrchestrationInstanceAttemptFailed","FailureDetails":{"ErrorMessage":"child child failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"no \"money\"","ErrorType":"declined","StackTrace":"at line 3"},"IsNonRetriable":true},"FunctionName":"Echo","InstanceId":"0000000000000001:1","Reason":"child child failed: no \"money\"","RetryAt":"2026-11-22T05:00:02.000Z","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:01.000Z"}
              {"EventType":"SubOrchestrationInstanceCompleted","FunctionName":"Echo","InstanceId":"child","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"SubOrchestrationInstanceCompleted","FunctionName":"Echo","InstanceId":"0000000000000001:1:2","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"SubOrchestrationInstanceFailed","FailureDetails":{"ErrorMessage":"child child failed: child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"no \"money\"","ErrorType":"declined","StackTrace":"at line 3"}},"IsNonRetriable":true},"FunctionName":"Echo","InstanceId":"0000000000000001:2","Reason":"child child failed: child grandchild failed: no \"money\"","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"EventRaised","Name":"Approval","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"SubOrchestrationInstanceCancelled","FunctionName":"Echo","InstanceId":"0000000000000001:3","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"TaskCancelled","FunctionName":"say","ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"EventSent","InstanceId":"other","Name":"Hello","Timestamp":"2026-11-22T05:00:03.000Z"}
              {"EventType":"ExecutionSuspended","Reason":"because","Timestamp":"2026-11-22T05:00:04.000Z"}
              {"EventType":"ExecutionResumed","Reason":"because","Timestamp":"2026-11-22T05:00:05.000Z"}
              {"Component":"0808080808080808080808080808080808080808080808080808080808080808","EventType":"ComponentChanged","Timestamp":"2026-11-22T05:00:06.000Z"}
              {"EventType":"ExecutionCompleted","FailureDetails":{"ErrorMessage":"child child failed: child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"child grandchild failed: no \"money\"","ErrorType":"dacapo:child-failed","InnerFailure":{"ErrorMessage":"no \"money\"","ErrorType":"declined","StackTrace":"at line 3"}},"IsNonRetriable":true},"OrchestrationStatus":"Failed","Timestamp":"2026-11-22T05:00:07.000Z"}
              {"EventType":"ExecutionRewound","Reason":"because","Timestamp":"2026-11-22T05:00:08.000Z"}
            input: null
            instanceId: "my-id"
            lastUpdatedTime: "2026-11-22T05:00:08.000Z"
            name: "Chain"
            output: null
            runtimeStatus: "Running"
        "#]],
    );
}
