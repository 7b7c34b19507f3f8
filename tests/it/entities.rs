//! What can be seen of entities from outside while orchestrations call, signal and lock them, and when their states are large.

use anyhow::{Context, Result, ensure};
use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;
use tests::host::{self, Host, HostCommand, Ran};

const RPC: &str = "/durabletask";

/// A host over the guest of the clients and the one of the article.
struct Stage {
    folder: TempDir,
    host: Host,
}

impl Stage {
    fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = HostCommand::new(&host::binary()?, &folder.path().join("data"));
        command.deploy = vec![crate::clients::guest()?, host::guest("article/rust")?];
        let host = command.start()?;
        Ok(Self { folder, host })
    }

    /// Runs a command of the command line to its end.
    fn run(&self, args: &[&str]) -> Result<String> {
        let ran = host::run(&host::binary()?, &[args, &["--server", &self.host.url]].concat(), "")?;
        let Ran { code, stdout, .. } = &ran;
        ensure!(*code == Some(0), "{args:?}: {ran:#?}");
        Ok(stdout.clone())
    }

    /// Runs a command, and finds these words in what it prints.
    fn shows(&self, args: &[&str], words: &str) -> Result<()> {
        let text = self.run(args)?;
        ensure!(text.contains(words), "{args:?} printed {text}, without {words:?}");
        Ok(())
    }

    fn signal(&self, entity: &str, operation: &str, input: &str) -> Result<()> {
        let answer = self.host.client().post(&format!("{RPC}/entities/{entity}?op={operation}"), input)?;
        ensure!(answer.status == 202, "{answer:?}");
        Ok(())
    }

    fn details(&self, entity: &str) -> Result<Value> {
        self.host.client().get(&format!("{RPC}/entities/{entity}/details"))?.json()
    }

    /// Asks for an entity until what is known of it is as `wanted`.
    fn until(&self, entity: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        // As patient as a test may be; the client gives up on a host that does not answer.
        for _ in 0..100_000 {
            let details = self.details(entity)?;
            if wanted(&details) {
                return Ok(details);
            }
        }
        anyhow::bail!("{entity} is still not as it should be: {}", self.details(entity)?)
    }
}

#[test]
fn seen_from_outside() -> Result<()> {
    let stage = Stage::open()?;
    history(&stage)?;
    locks(&stage)?;
    large_states(&stage)?;
    large_payloads(&stage)?;
    kept_over_restarts(stage)
}

/// The events of a history, one a line, without their times.
fn check_history(stage: &Stage, id: &str, expect: Expect) -> Result<()> {
    let status = stage.host.client().wait(id)?;
    let events = status["historyEvents"].as_array().context("a history")?;
    let without_times = events.iter().map(|event| {
        let mut event = event.clone();
        for name in ["Timestamp", "ScheduledTime"] {
            event.as_object_mut().map(|event| event.remove(name));
        }
        event.to_string() + "\n"
    });
    expect.assert_eq(&without_times.collect::<String>());
    Ok(())
}

fn history(stage: &Stage) -> Result<()> {
    stage.host.client().start("Move", Some("move"), "null")?;
    check_history(
        stage,
        "move",
        expect![[r#"
        {"EventType":"ExecutionStarted","FunctionName":"Move","Input":null}
        {"EventType":"EntityLockGranted","LockSet":["@counter@move-from","@counter@move-to"],"Result":null}
        {"EntityId":"@counter@move-from","EventType":"EntityOperationCompleted","Input":-3,"Operation":"add","Result":-3}
        {"EntityId":"@counter@move-to","EventType":"EntityOperationCompleted","Input":3,"Operation":"add","Result":3}
        {"EntityId":"@counter@move-moves","EventType":"EntityOperationSignaled","Input":1,"Operation":"add"}
        {"EntityId":"@counter@move-to","EventType":"EntityOperationCompleted","Input":null,"Operation":"get","Result":3}
        {"EventType":"EntityUnlockSent","LockSet":["@counter@move-from","@counter@move-to"]}
        {"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","Result":[-3,3]}
    "#]],
    )?;
    stage.shows(&["history", "move"], "@counter@move-to get 3")?;
    stage.shows(&["history", "move"], "@counter@move-from, @counter@move-to")
}

/// While one orchestration holds an entity, another one waits for it, and so does a signal.
fn locks(stage: &Stage) -> Result<()> {
    let client = stage.host.client();
    client.start("Hold", Some("first"), "\"k\"")?;
    let held = stage.until("counter/k", |details| details["lockedBy"] == "first")?;
    ensure!(held.get("state").is_none(), "{held}");
    ensure!(client.get(&format!("{RPC}/entities/counter/k"))?.status == 404);
    stage.shows(&["entity", "show", "@counter@k"], "locked by       first\nstate           none\n")?;
    client.start("Hold", Some("second"), "\"k\"")?;
    stage.shows(&["show", "second"], "waits for  the lock of @counter@k\n")?;
    stage.shows(&["show", "first"], "waits for  an external event\n")?;
    stage.signal("counter/k", "add", "7")?;
    ensure!(stage.details("counter/k")?["lockedBy"] == "first");
    stage.run(&["event", "first", "release"])?;
    ensure!(client.wait("first")?["output"] == 0);
    // What came first has its turn first: the lock, then the signal.
    stage.until("counter/k", |details| details["lockedBy"] == "second")?;
    stage.run(&["terminate", "second"])?;
    let free = stage.until("counter/k", |details| details["state"] == 7)?;
    ensure!(free.get("lockedBy").is_none(), "{free}");
    stage.shows(&["entity", "clean", "--json"], "{\"locksReleased\":0}")
}

/// A large state is kept as a blob, and shown as if it were not.
fn large_states(stage: &Stage) -> Result<()> {
    let message = "x".repeat(50_000);
    stage.signal("session_handler/s", "keep", &format!("\"{message}\""))?;
    let answer = stage.host.client().get(&format!("{RPC}/entities/session_handler/s"))?;
    ensure!(answer.status == 200 && answer.body.contains(&message), "{:?}", answer.body.get(..200));
    let details = stage.details("session_handler/s")?;
    let reference = &details["stateReference"];
    let digest = reference["blob"].as_str().and_then(|blob| blob.strip_prefix("sha256:"));
    ensure!(digest.is_some_and(|digest| digest.len() == 64), "{reference}");
    ensure!(reference["length"] == answer.body.len(), "{reference}");
    stage.shows(&["entity", "show", "@session_handler@s"], ", 48 KiB\nstate ")?;
    let listed = stage.run(&["entity", "ls", "session_handler", "--state"])?;
    ensure!(listed.len() < 500 && listed.contains("xxx"), "{listed}");
    ensure!(stage.run(&["entity", "ls", "session_handler", "--state", "--json"])?.contains(&message));
    Ok(())
}

/// Large inputs and outputs of orchestrations are blobs, and nobody is given their names instead.
fn large_payloads(stage: &Stage) -> Result<()> {
    let client = stage.host.client();
    let input = format!("[\"{}\"]", "y".repeat(50_000));
    client.start("Parent", Some("large"), &input)?;
    ensure!(client.wait("large")?["output"].to_string() == input);
    ensure!(stage.run(&["show", "large", "--json"])?.contains(&input));
    let file = stage.folder.path().join("history.json");
    let file = file.to_str().context("a path in UTF-8")?;
    stage.run(&["history", "large", "--export", file])?;
    let export = std::fs::read_to_string(file)?;
    // Its input, that of its child, what the child returned, and its output.
    ensure!(export.matches(&"y".repeat(50_000)).count() == 4, "{} bytes", export.len());
    let component = crate::clients::guest()?;
    let with = component.to_str().context("a path in UTF-8")?;
    let replayed = host::run(&host::binary()?, &["replay", file, "--with", with], "")?;
    ensure!(replayed.code == Some(0), "{replayed:#?}");
    Ok(())
}

fn kept_over_restarts(Stage { folder, host }: Stage) -> Result<()> {
    let client = host.client();
    let signal = |query: &str| client.post(&format!("{RPC}/entities/counter/last?op=add{query}"), "1");
    // What was accepted is there, and what has its time still has it.
    ensure!(signal("")?.status == 202 && signal("&scheduledTime=2030-01-01")?.status == 202);
    host.kill();
    let host = HostCommand::new(&host::binary()?, &folder.path().join("data")).start()?;
    let stage = Stage { folder, host };
    ensure!(stage.details("counter/last")?["state"] == 1);
    ensure!(stage.details("counter/move-to")?["state"] == 3);
    ensure!(stage.details("session_handler/s")?["stateReference"]["length"].is_u64());
    Ok(())
}
