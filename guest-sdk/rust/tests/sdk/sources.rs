//! Where in the author's code a decision was taken: told in replays, and only there.

use dacapo::{
    HttpRequest,
    bindings::orchestrator::{Event, Start, TaskCompleted, Turn},
    prelude::*,
};

dacapo::export! { orchestrators: [decides] }

#[activity]
fn work(n: u32) -> u32 {
    n
}

/// The line of the first decision.
const FIRST: u32 = line!() + 4;

#[orchestrator]
async fn decides(cx: Context) -> Result<()> {
    cx.sleep(Duration::from_secs(1)).cancel();
    let a = work(&cx, 1);
    let b = decides(&cx);
    cx.send_event("x", "y", &())?;
    b.cancel();
    a.await?;
    let _event = cx.wait_event::<()>("e").timeout(Duration::from_secs(1));
    let _http = cx.call_http(HttpRequest::get("https://example.com"));
    cx.retry_with(|_| work(&cx, 2), |_, _| None).await?;
    Ok(())
}

#[test]
fn they_are_told_in_replays_only() {
    let start = |replaying| Start {
        name: "decides".to_owned(),
        instance: "i".to_owned(),
        execution: 1,
        version: None,
        parent: None,
        tags: Vec::new(),
        now: 0,
        seed: 0.into(),
        input: b"null".to_vec(),
        replaying,
    };
    let turn = |replaying| {
        let event = Event::TaskCompleted(TaskCompleted { task: 2, output: b"1".to_vec() });
        vec![Turn { now: 1, replaying, events: vec![event] }]
    };
    let lines = |sources: Vec<String>| -> Vec<u32> {
        let line = |source: &String| {
            let (file, line) = source.rsplit_once(':').unwrap();
            assert!(file.ends_with("sources.rs"), "{source}");
            line.parse::<u32>().unwrap() - FIRST
        };
        sources.iter().map(line).collect()
    };
    let check = |open: bool, advance: bool, first: &[u32], second: &[u32]| {
        let (mut session, step) = COMPONENT.open(start(open));
        assert_eq!((step.decisions.len(), lines(step.sources)), (6, first.to_vec()));
        let step = session.advance(turn(advance));
        assert_eq!((step.decisions.len(), lines(step.sources)), (3, second.to_vec()));
    };
    check(false, false, &[], &[]);
    check(true, false, &[0, 0, 1, 2, 3, 4], &[]);
    check(true, true, &[0, 0, 1, 2, 3, 4], &[6, 7, 8]);
}
