//! A status document for each way in which an instance can stand, and a history with each kind of event.

use super::*;
use expect_test::{Expect, expect};
use kernel::model::{ActivityOptions, ComponentDigest, Execution, InstanceId, InstanceNo, LogSeq};

const SHOW_ALL: Show = Show { input: Part::Shown, history_output: Part::Shown };
const SHOW_LITTLE: Show = Show { input: Part::Hidden, history_output: Part::Hidden };

fn payload(text: &str) -> Payload {
    Payload::parse(text.as_bytes()).unwrap()
}

fn name(text: &str) -> FunctionName {
    FunctionName::parse(text).unwrap()
}

fn failure() -> Failure {
    Failure::from_guest("declined".into(), "no \"money\"".into(), Some("at line 3".into()), false)
}

/// The instance `my-id` of `Chain`, started at 05:00:00 with `{"n":1}`, whose later records are these.
fn view(later: Vec<Record>) -> InstanceView {
    let started = Started {
        id: InstanceId::parse("my-id").unwrap(),
        execution: Execution::FIRST,
        name: name("Chain"),
        component: ComponentDigest([7; 32]),
        version: None,
        parent: None,
        seed: 1,
        rules: 1,
        input: payload(r#"{"n":1}"#),
    };
    let mut head = Head {
        no: InstanceNo(1),
        id: started.id.clone(),
        name: started.name.clone(),
        component: started.component,
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
    let ended = later.iter().find_map(Record::ended);
    let input = Some(started.input.clone());
    let begin = Record { at: at(0), events: vec![Event::Started(Box::new(started)), Event::TurnStarted] };
    let history = Some([vec![begin], later].concat());
    InstanceView { head, input, ended, held: None, history }
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
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:00Z"
        name: "Chain"
        output: null
        runtimeStatus: "Running"
    "#]],
    );
    check(
        &status_only(vec![]),
        SHOW_LITTLE,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
        input: null
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:00Z"
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
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: {"at":"Tokyo"}
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:01Z"
        name: "Chain"
        output: ["Hello Tokyo!"]
        runtimeStatus: "Completed"
    "#]],
    );
    check(
        &status_only(vec![record(1, vec![Event::Failed { failure: failure() }])]),
        SHOW_ALL,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
        failure: {"details":"at line 3","kind":"declined","message":"no \"money\"","retryable":false}
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:01Z"
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
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:01Z"
        name: "Chain"
        output: "not needed"
        runtimeStatus: "Terminated"
    "#]],
    );
    let held = Some("history row 7 is damaged".to_owned());
    check(
        &InstanceView { held, input: None, ..status_only(vec![]) },
        SHOW_ALL,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
        held: "history row 7 is damaged"
        input: null
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:00Z"
        name: "Chain"
        output: null
        runtimeStatus: "Running"
    "#]],
    );
}

#[test]
fn histories() {
    let busy = Failure::from_guest("busy".into(), "try later".into(), None, true);
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
                Event::TurnStarted,
                Event::TaskCompleted { task: TaskId(0), output: payload("\"Hello Tokyo!\"") },
                Event::TaskFailed { task: TaskId(1), failure: failure() },
                Event::TimerCancelled { timer: TaskId(3) },
                Event::CustomStatusSet { value: payload("1") },
                scheduled(5, "\"Oslo\""),
            ],
        ),
        record(60, vec![Event::TurnStarted, Event::TimerFired { timer: TaskId(2) }]),
        record(61, vec![Event::Completed { output: payload("[1]") }]),
    ];
    check(
        &view(all.clone()),
        SHOW_ALL,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: 1
          {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00Z"}
          {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:00:00Z"}
          {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:00:00Z"}
          {"Attempt":1,"EventType":"TaskAttemptFailed","FailureDetails":{"ErrorMessage":"try later","ErrorType":"busy","IsNonRetriable":false},"FunctionName":"say","Input":"Tokyo","Reason":"try later","RetryAt":"2026-11-22T05:00:05Z","ScheduledTime":"2026-11-22T05:00:00Z","Timestamp":"2026-11-22T05:00:01Z"}
          {"EventType":"TaskCompleted","FunctionName":"say","Input":"Tokyo","Result":"Hello Tokyo!","ScheduledTime":"2026-11-22T05:00:00Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"Details":"at line 3","EventType":"TaskFailed","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"FunctionName":"say","Input":"Lima","Reason":"no \"money\"","ScheduledTime":"2026-11-22T05:00:00Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"EventType":"TimerCancelled","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"CustomStatus":1,"EventType":"CustomStatusSet","Timestamp":"2026-11-22T05:00:06Z"}
          {"EventType":"TaskScheduled","FunctionName":"say","Input":"Oslo","ScheduledTime":"2026-11-22T05:00:06Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"EventType":"TimerFired","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:01:00Z"}
          {"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","Result":[1],"Timestamp":"2026-11-22T05:01:01Z"}
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:01:01Z"
        name: "Chain"
        output: [1]
        runtimeStatus: "Completed"
    "#]],
    );
    check(
        &view(all),
        SHOW_LITTLE,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: 1
          {"EventType":"ExecutionStarted","FunctionName":"Chain","Timestamp":"2026-11-22T05:00:00Z"}
          {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:00:00Z"}
          {"EventType":"TimerCreated","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:00:00Z"}
          {"Attempt":1,"EventType":"TaskAttemptFailed","FailureDetails":{"ErrorMessage":"try later","ErrorType":"busy","IsNonRetriable":false},"FunctionName":"say","Reason":"try later","RetryAt":"2026-11-22T05:00:05Z","ScheduledTime":"2026-11-22T05:00:00Z","Timestamp":"2026-11-22T05:00:01Z"}
          {"EventType":"TaskCompleted","FunctionName":"say","ScheduledTime":"2026-11-22T05:00:00Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"Details":"at line 3","EventType":"TaskFailed","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"FunctionName":"say","Reason":"no \"money\"","ScheduledTime":"2026-11-22T05:00:00Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"EventType":"TimerCancelled","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"CustomStatus":1,"EventType":"CustomStatusSet","Timestamp":"2026-11-22T05:00:06Z"}
          {"EventType":"TaskScheduled","FunctionName":"say","ScheduledTime":"2026-11-22T05:00:06Z","Timestamp":"2026-11-22T05:00:06Z"}
          {"EventType":"TimerFired","FireAt":"2026-11-22T05:01:00Z","Timestamp":"2026-11-22T05:01:00Z"}
          {"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","Timestamp":"2026-11-22T05:01:01Z"}
        input: null
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:01:01Z"
        name: "Chain"
        output: [1]
        runtimeStatus: "Completed"
    "#]],
    );
    check(
        &view(vec![record(1, vec![Event::Failed { failure: failure() }])]),
        SHOW_ALL,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
        failure: {"details":"at line 3","kind":"declined","message":"no \"money\"","retryable":false}
          {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00Z"}
          {"EventType":"ExecutionCompleted","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"OrchestrationStatus":"Failed","Result":"no \"money\"","Timestamp":"2026-11-22T05:00:01Z"}
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:01Z"
        name: "Chain"
        output: "no \"money\""
        runtimeStatus: "Failed"
    "#]],
    );
    check(
        &view(vec![record(1, vec![Event::Terminated { reason: payload("\"stop\"") }])]),
        SHOW_ALL,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00Z"
        customStatus: null
          {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00Z"}
          {"EventType":"ExecutionTerminated","Input":"stop","Timestamp":"2026-11-22T05:00:01Z"}
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:01Z"
        name: "Chain"
        output: "stop"
        runtimeStatus: "Terminated"
    "#]],
    );
}
