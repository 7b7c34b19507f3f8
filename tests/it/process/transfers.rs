//! A thousand transfers between ten accounts while the host is killed: money is neither made nor lost, and nobody ever sees it
//! on the way.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::host::{self, Host};
use tests::sim::rng::{Rng, mix};

use super::door::Patient;
use super::jobs::{Sent, Step, path};
use super::lives::{self, Disturbed, Lived};
use super::states;
use crate::fixture;

const TRANSFERS_COUNT: u64 = 1_000;
const ACCOUNTS_COUNT: u64 = 10;
const CENTS_AT_FIRST: i64 = 1_000;
const CENTS_MAX: u64 = 500;
const CLIENTS_COUNT: usize = 4;
/// How many transfers a client has under way.
const OPEN_COUNT: usize = 16;
/// After how many transfers somebody adds up all accounts.
const AUDIT_EVERY: u64 = 40;
const KILLS_COUNT: usize = 30;

/// Who pays whom how much.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Transfer {
    from: u64,
    to: u64,
    cents: i64,
}

#[test]
fn money_is_neither_made_nor_lost() -> Result<()> {
    let seed = lives::seed()?;
    let folder = fixture::folder()?;
    let mut command = fixture::command(folder.path())?;
    command.deploy = vec![host::guest("transfer")?];
    fill(&command.start()?)?;
    command.deploy.clear();

    let disturbed = Disturbed { command, seed, kills_count: KILLS_COUNT, clients_count: CLIENTS_COUNT };
    let Lived { lives, last, start_max_ms, .. } =
        disturbed.live(|number, client| work(seed, number, client), |_| Ok(()))?;
    let (host, _) = last;
    let done = check_instances(&host, seed)?;
    let states = states::read(&host)?;
    let mut expected = BTreeMap::from_iter((0..ACCOUNTS_COUNT).map(|number| (account(number), CENTS_AT_FIRST)));
    for Transfer { from, to, cents } in &done {
        *expected.entry(account(*to)).or_default() += cents;
        *expected.entry(account(*from)).or_default() -= cents;
    }
    let balances = states.iter().map(|(id, state)| Ok((id.clone(), state["cents"].as_i64().context("cents")?)));
    let balances = balances.collect::<Result<BTreeMap<_, _>>>()?;
    println!("{} of {TRANSFERS_COUNT} transfers had enough; {} kills", done.len(), lives.len());
    println!("slowest start {start_max_ms} ms; the accounts have {balances:?}");
    ensure!(balances == expected, "{balances:?} instead of {expected:?}");
    ensure!(balances.values().sum::<i64>() == total(), "{balances:?}");
    let ran = host::run(&host::binary()?, &["entity", "clean", "--json", "--server", &host.url], "")?;
    ensure!(ran.stdout.contains("{\"locksReleased\":0}"), "{ran:?}");
    Ok(())
}

fn account(number: u64) -> String {
    format!("@account@a{number}")
}

/// All the money that there is.
fn total() -> i64 {
    (0..ACCOUNTS_COUNT).map(|_| CENTS_AT_FIRST).sum()
}

fn transfer(seed: u64, number: u64) -> Transfer {
    let mut rng = Rng::new(mix(seed, number));
    let from = rng.below(ACCOUNTS_COUNT);
    let to = (from + 1 + rng.below(ACCOUNTS_COUNT - 1)) % ACCOUNTS_COUNT;
    Transfer { from, to, cents: i64::try_from(1 + rng.below(CENTS_MAX)).expect("it is small") }
}

/// Nobody disturbs the host yet, so that each account is filled once.
fn fill(host: &Host) -> Result<()> {
    for number in 0..ACCOUNTS_COUNT {
        let signal = format!("{}?op=deposit", path(&account(number)));
        ensure!(host.client().post(&signal, &CENTS_AT_FIRST.to_string())?.status == 202);
    }
    Ok(())
}

/// One client: it starts its share, so many at once.
fn work(seed: u64, client: usize, mut patient: Patient<'_>) -> Result<()> {
    let mut sent = Sent::new();
    let mut open = VecDeque::new();
    for number in (client as u64..TRANSFERS_COUNT).step_by(CLIENTS_COUNT) {
        let Transfer { from, to, cents } = transfer(seed, number);
        let input = json!({ "from": format!("a{from}"), "to": format!("a{to}"), "cents": cents });
        let mut starts = vec![(format!("t{number}"), "transfer", input)];
        if number % AUDIT_EVERY == 0 {
            let all: Vec<_> = (0..ACCOUNTS_COUNT).map(|number| format!("a{number}")).collect();
            starts.push((format!("audit{number}"), "audit", json!(all)));
        }
        for (id, name, input) in starts {
            open.push_back(id.clone());
            Step::Start { id, name, input, later_ms: 0 }.carry_out(&mut patient, &mut sent)?;
        }
        while open.len() > OPEN_COUNT {
            let id = open.pop_front().context("one is open")?;
            Step::End { id }.carry_out(&mut patient, &mut sent)?;
        }
    }
    open.into_iter().try_for_each(|id| Step::End { id }.carry_out(&mut patient, &mut sent))
}

/// All have ended, and no audit saw anything but all of the money. Gives the transfers that were done.
fn check_instances(host: &Host, seed: u64) -> Result<Vec<Transfer>> {
    let client = host.client();
    let mut done = Vec::new();
    for number in 0..TRANSFERS_COUNT {
        let ended = client.wait(&format!("t{number}"))?;
        match ended["runtimeStatus"].as_str() {
            Some("Completed") => done.push(transfer(seed, number)),
            Some("Failed") if ended["failure"]["kind"] == "insufficient-funds" => {}
            _ => anyhow::bail!("transfer {number}: {ended}"),
        }
        if number % AUDIT_EVERY == 0 {
            let audit = client.wait(&format!("audit{number}"))?;
            ensure!(audit["output"] == total(), "audit {number}: {audit}");
        }
    }
    Ok(done)
}
