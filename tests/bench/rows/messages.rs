//! What instances send each other, and what clients send them: a tree of children, and events.

use anyhow::{Result, ensure};

use super::runs::{RUN, Runs, Unit, WARM_UP};
use super::{Bench, Call, INSTANCES, ORCHESTRATORS, WAIT, ask};
use crate::client::{Connection, Request};
use crate::load::{Load, Sample, Until};
use crate::report::Row;
use crate::server::Server;

/// Children of each instance but the last ones, and generations of them: 1,111 instances.
const TREE: (u64, u32) = (10, 3);
/// Round trips that two instances make, each of them two events.
const ROUND_TRIPS: u32 = 100;
/// Events that clients send to one instance in a run, by how many of them do it at once.
const EVENTS: [(usize, usize); 2] = [(1, 1_000), (64, 5_000)];

/// Children of children, and back.
pub(super) async fn tree(bench: Bench) -> Result<Vec<Row>> {
    let call = Call::tree(TREE.0, TREE.1);
    let unit = Unit { name: "instance", per_request: call.output.parse()? };
    in_units(bench, "tree", call, &[1], unit).await
}

/// Two instances, each of which waits for the event that the other one sends.
pub(super) async fn ping_pong(bench: Bench) -> Result<Vec<Row>> {
    let unit = Unit { name: "round_trip", per_request: f64::from(ROUND_TRIPS) };
    in_units(bench, "pingpong", Call::ping_pong(ROUND_TRIPS), &[1, 64], unit).await
}

/// Clients send events to one instance that hears them one by one.
pub(super) async fn raise(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for (callers, events) in EVENTS {
        let mut listeners = (1..).map(|number| format!("listener{callers}.{number}"));
        let runs = Runs::measure(&bench, &host, async || {
            let listener = listeners.next().unwrap_or_default();
            told(&host, &listener, callers, events).await
        });
        rows.push(runs.await?.row("raise", callers));
    }
    Ok(rows)
}

/// Sends a new instance so many events, and sees that it heard all of them.
async fn told(host: &Server, id: &str, callers: usize, events: usize) -> Result<Sample> {
    let to = host.address();
    let mut connection = Connection::open(to).await?;
    let start = Request::post(to, &format!("{ORCHESTRATORS}/listen/{id}"), &events.to_string());
    ask(&mut connection, &start, 202).await?;
    let request = Request::post(to, &format!("{INSTANCES}/{id}/raiseEvent/tick"), "7");
    let load = Load { to, requests: [request].into(), status: 202, body: Some(String::new()) };
    let sample = load.run(callers, Until::Sent(events)).await?;
    let end = ask(&mut connection, &Request::get(to, &format!("{INSTANCES}/{id}?{WAIT}")), 200).await?;
    let end: serde_json::Value = serde_json::from_str(&end)?;
    ensure!(end["output"] == events, "{events} events were sent, and {id} came to {end}");
    Ok(sample)
}

/// Requests in a closed loop, and what each unit of them costs.
async fn in_units(bench: Bench, name: &str, call: Call, callers: &[usize], unit: Unit) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for &callers in callers {
        call.run(&host, callers, Until::Elapsed(WARM_UP)).await?;
        let runs = Runs::measure(&bench, &host, async || call.run(&host, callers, Until::Elapsed(RUN)).await);
        rows.push(runs.await?.row_in_units(name, callers, unit));
    }
    Ok(rows)
}
