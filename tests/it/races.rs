//! Two requests at the same moment: whichever comes first, each answer is one that the contract has, and what is left
//! agrees with both.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tests::host::Host;
use tests::http::{Answer, Client};

use crate::fixture;

/// How often each race is run.
const ROUNDS_COUNT: usize = 30;

/// How long it may take until what is left agrees.
const PATIENCE: Duration = Duration::from_secs(60);

const INSTANCES: &str = "/durabletask/instances";

/// What is there before the race: an instance that waits for the event `go`, or has waited for it, unless it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Waiting,
    Suspended,
    Failed,
    Completed,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Start,
    Raise,
    Suspend,
    Resume,
    Terminate,
    Rewind,
    Restart,
    Purge,
}

/// Two statuses of answers, and that of the instance afterwards; of one that is not there, nothing.
type Ending = (u16, u16, Option<&'static str>);

#[test]
fn either_comes_first_and_both_are_told() -> Result<()> {
    const COMPLETED: Option<&str> = Some("Completed");
    const RUNNING: Option<&str> = Some("Running");
    const TERMINATED: Option<&str> = Some("Terminated");
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let check = |before, left, right, allowed: &[Ending]| race(&host, before, [left, right], allowed);
    check(Before::Nothing, Ask::Start, Ask::Start, &[(202, 409, RUNNING), (409, 202, RUNNING)])?;
    check(Before::Nothing, Ask::Start, Ask::Terminate, &[(202, 404, RUNNING), (202, 202, TERMINATED)])?;
    let one_is_late = [(202, 202, COMPLETED), (202, 410, COMPLETED), (410, 202, COMPLETED)];
    check(Before::Waiting, Ask::Raise, Ask::Raise, &one_is_late)?;
    let either_ends = [(202, 202, TERMINATED), (410, 202, TERMINATED), (202, 410, COMPLETED)];
    check(Before::Waiting, Ask::Raise, Ask::Terminate, &either_ends)?;
    check(Before::Waiting, Ask::Terminate, Ask::Terminate, &[(202, 410, TERMINATED), (410, 202, TERMINATED)])?;
    check(Before::Waiting, Ask::Suspend, Ask::Resume, &[(202, 202, RUNNING), (202, 202, Some("Suspended"))])?;
    check(Before::Suspended, Ask::Purge, Ask::Resume, &[(412, 202, RUNNING)])?;
    check(Before::Completed, Ask::Purge, Ask::Resume, &[(200, 410, None), (200, 404, None)])?;
    // What is rewound may end again before it is purged.
    let rewound_or_purged = [(412, 202, COMPLETED), (200, 202, None), (200, 404, None)];
    check(Before::Failed, Ask::Purge, Ask::Rewind, &rewound_or_purged)?;
    check(Before::Failed, Ask::Rewind, Ask::Rewind, &[(202, 412, COMPLETED), (412, 202, COMPLETED)])?;
    check(Before::Completed, Ask::Restart, Ask::Restart, &[(202, 409, RUNNING), (409, 202, RUNNING)])?;
    let restarted_or_purged = [(202, 412, RUNNING), (400, 200, None), (202, 200, RUNNING), (202, 404, RUNNING)];
    check(Before::Completed, Ask::Restart, Ask::Purge, &restarted_or_purged)?;
    check(Before::Completed, Ask::Purge, Ask::Purge, &[(200, 404, None), (404, 200, None)])
}

fn race(host: &Host, before: Before, asks: [Ask; 2], allowed: &[Ending]) -> Result<()> {
    for round in 0..ROUNDS_COUNT {
        let id = format!("{before:?}-{:?}-{:?}-{round}", asks[0], asks[1]);
        before.prepare(&host.client(), &id)?;
        let [left, right] = at_once(host, asks, &id)?;
        let ends = |end: Option<&str>| allowed.contains(&(left.status, right.status, end));
        let end = agrees(&host.client(), &id, ends)
            .with_context(|| format!("{id}: {} {}, {} {}", left.status, left.body, right.status, right.body))?;
        let raised = [(asks[0], &left), (asks[1], &right)].into_iter();
        let raised = raised.filter(|(ask, answer)| *ask == Ask::Raise && answer.status == 202).count();
        let recorded = end.matches("EventRaised").count();
        ensure!(before == Before::Completed || recorded == raised, "{id}: {raised} events were accepted: {end}");
    }
    Ok(())
}

/// Sends both requests when both clients are ready.
fn at_once(host: &Host, asks: [Ask; 2], id: &str) -> Result<[Answer; 2]> {
    let barrier = Barrier::new(2);
    let answers = std::thread::scope(|scope| {
        let asked = asks.map(|ask| {
            let (barrier, client) = (&barrier, host.client());
            scope.spawn(move || {
                barrier.wait();
                ask.send(&client, id)
            })
        });
        asked.map(|asked| asked.join().expect("a client does not panic"))
    });
    let [left, right] = answers;
    Ok([left?, right?])
}

/// Waits until the instance stands as it may, and gives its status document, or nothing if it is not there.
fn agrees(client: &Client, id: &str, may_end: impl Fn(Option<&str>) -> bool) -> Result<String> {
    let begun = Instant::now();
    loop {
        let answer = client.status(id)?;
        let document = if answer.status == 404 { None } else { Some(answer.json()?) };
        let status = document.as_ref().and_then(|document| document["runtimeStatus"].as_str());
        if may_end(status) {
            return Ok(document.map(|document| document.to_string()).unwrap_or_default());
        }
        ensure!(begun.elapsed() < PATIENCE, "it stays {document:?}");
        std::thread::yield_now();
    }
}

impl Before {
    fn prepare(self, client: &Client, id: &str) -> Result<()> {
        let (asks, name): (&[Ask], _) = match self {
            Self::Nothing => return Ok(()),
            Self::Waiting => (&[], "waits_for"),
            Self::Suspended => (&[Ask::Suspend], "waits_for"),
            Self::Failed => (&[], "gets_up"),
            Self::Completed => (&[Ask::Raise], "waits_for"),
        };
        client.start(name, Some(id), if name == "waits_for" { "\"go\"" } else { "null" })?;
        for ask in asks {
            ensure!(ask.send(client, id)?.status == 202);
        }
        if matches!(self, Self::Failed | Self::Completed) {
            ensure!(client.wait(id)?["runtimeStatus"] == format!("{self:?}"));
        }
        Ok(())
    }
}

impl Ask {
    fn send(self, client: &Client, id: &str) -> Result<Answer> {
        let post = |operation: &str, body: &str| client.post(&format!("{INSTANCES}/{id}/{operation}"), body);
        match self {
            Self::Start => client.post(&format!("/durabletask/orchestrators/waits_for/{id}"), "\"go\""),
            Self::Raise => post("raiseEvent/go", "null"),
            Self::Suspend => post("suspend", ""),
            Self::Resume => post("resume", ""),
            Self::Terminate => post("terminate", ""),
            Self::Rewind => post("rewind", ""),
            Self::Restart => post("restart?restartWithNewInstanceId=false", ""),
            Self::Purge => client.delete(&format!("{INSTANCES}/{id}")),
        }
    }
}
