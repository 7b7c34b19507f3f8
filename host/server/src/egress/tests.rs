//! The rules as a table, and calls against peers on this machine.

mod calls;
mod peer;
mod refusals;
mod rules;

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use kernel::model::{Failure, Payload, TraceContext};

use super::{Egress, Lookup};
use peer::Peer;

/// Longer than any test may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn egress(rules: &str, peer: &Peer) -> Egress {
    Egress::new(toml::from_str(&at(rules, peer)).unwrap())
}

/// In a text, `PEER` is the address of the peer and `PORT` its port.
fn at(text: &str, peer: &Peer) -> String {
    let address = peer.address();
    text.replace("PEER", &address.to_string()).replace("PORT", &address.port().to_string())
}

/// A resolver that gives each of these answers once.
fn lookup(answers: &[&[&str]]) -> Lookup {
    let parse = |texts: &&[&str]| texts.iter().map(|text| text.parse::<IpAddr>().unwrap()).collect();
    Lookup::Answers(Mutex::new(answers.iter().map(parse).collect()))
}

async fn call(egress: &Egress, ask: &str) -> Result<Payload, Failure> {
    let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some("vendor=1"));
    egress.call(&Payload::parse(ask.as_bytes()).unwrap(), PATIENCE, "order-17é%/1/2", trace.as_ref()).await
}
