//! Stream triggers over a real NATS server: nothing is lost and nothing happens twice, whatever is killed.

mod server;

use std::time::Instant;

use anyhow::{Result, ensure};
use tests::host::Host;
use tests::sim::rng::Rng;

use self::server::Nats;
use crate::triggers::fixture::{Site, instances, sum, until_sum};

const KILLS_COUNT: u64 = 8;
const NUMBERS_COUNT: i64 = 3_000;
const SEED: u64 = 20_261_122;

/// A manifest that lets the guest read the numbers as this durable consumer.
fn bindings(durable: &str, rest: &str) -> String {
    format!(
        "[[component.http]]\nroute = \"sums/{{key}}\"\n\
         [[component.stream]]\nfunction = \"on_number\"\nconnection = \"main\"\nstream = \"NUMBERS\"\n\
         subject = \"numbers.>\"\ndurable = {durable:?}\n{rest}"
    )
}

fn site(nats: &Nats, durable: &str, rest: &str) -> Result<Site> {
    Site::new(&bindings(durable, rest))?.with_settings(&format!("[streams.main]\nurl = {:?}\n", nats.url))
}

/// Waits until so many messages have started an instance, and checks that they are these: each by its place in the stream
/// and its number.
fn check_noted(host: &Host, durable: &str, expect: &[(u64, i64)]) -> Result<()> {
    let begun = Instant::now();
    loop {
        let noted = noted(host, durable)?;
        if noted.len() >= expect.len() {
            assert_eq!(noted, expect);
            return Ok(());
        }
        ensure!(begun.elapsed().as_secs() < 60, "only {} of {} instances were started", noted.len(), expect.len());
        std::thread::yield_now();
    }
}

fn noted(host: &Host, durable: &str) -> Result<Vec<(u64, i64)>> {
    let prefix = format!("stream:main:NUMBERS:{durable}-");
    let place = |id: &str| id.strip_prefix(&prefix)?.strip_suffix("-0")?.parse().ok();
    let all = instances(host, &prefix)?;
    let mut noted: Vec<_> =
        all.iter().map(|(id, input)| (place(id).unwrap_or(0), input.as_i64().unwrap_or(0))).collect();
    noted.sort_unstable();
    Ok(noted)
}

#[test]
fn a_new_consumer_begins_where_the_manifest_says() -> Result<()> {
    let nats = Nats::start()?;
    nats.publish("numbers.a", ["1", "2", "3"])?;
    nats.publish("other", ["1000"])?;
    let check = |durable: &str, start: &str, expect: &[(u64, i64)]| -> Result<()> {
        let host = site(&nats, durable, &format!("start = {start}\n"))?.start()?;
        nats.wait_for_consumer(durable)?;
        nats.publish("numbers.b", ["4"])?;
        let total = expect.iter().map(|(_, number)| number).sum();
        until_sum(&host, "stream", |sum| sum == (total, expect.len() as u64))?;
        check_noted(&host, durable, expect)
    };
    check("oldest", "\"all\"", &[(1, 1), (2, 2), (3, 3), (5, 4)])?;
    check("third", "3", &[(3, 3), (5, 4), (6, 4)])?;
    check("newest", "\"new\"", &[(7, 4)])
}

#[test]
fn a_host_that_is_killed_does_each_message_once() -> Result<()> {
    let nats = Nats::start()?;
    let site = site(&nats, "sums", "batch = 64\n")?;
    let numbers = 1..=NUMBERS_COUNT;
    nats.publish("numbers.a", numbers.clone())?;
    let (mut done, mut rng) = (0, Rng::new(SEED));
    for _ in 0..KILLS_COUNT {
        let host = site.start()?;
        let wanted = done + rng.below(NUMBERS_COUNT.unsigned_abs() / KILLS_COUNT);
        until_sum(&host, "stream", |(_, count)| count >= wanted)?;
        // Where in a batch that hits it is up to the machine.
        for _ in 0..rng.below(20) {
            done = sum(&host, "stream")?.1;
        }
        host.kill();
    }
    let host = site.start()?;
    let total = numbers.clone().sum();
    until_sum(&host, "stream", |sum| sum == (total, NUMBERS_COUNT.unsigned_abs()))?;
    let expect: Vec<_> = numbers.map(|number| (number.unsigned_abs(), number)).collect();
    check_noted(&host, "sums", &expect)?;
    nats.wait_until_acknowledged("sums")?;
    println!("{KILLS_COUNT} kills, {done} messages done before the last, {NUMBERS_COUNT} in all");
    Ok(())
}

#[test]
fn what_fails_again_and_again_is_moved_and_the_others_go_on() -> Result<()> {
    let nats = Nats::start()?;
    nats.publish("numbers.a", ["1", "-5", "no number", "2"])?;
    let mut host = site(&nats, "sums", "max-deliveries = 2\ndead-letter = \"dead.numbers\"\n")?.start()?;
    until_sum(&host, "stream", |sum| sum == (3, 2))?;
    let mut dead = nats.dead(2)?;
    dead.sort();
    let text = |line: &str| line.to_owned();
    assert_eq!(
        dead,
        [
            text("-5: poison: -5 is below zero; numbers.a, number 2 of NUMBERS, 2 deliveries"),
            text("no number: invalid-message: $: expected ident; numbers.a, number 3 of NUMBERS, 2 deliveries"),
        ]
    );
    nats.wait_until_acknowledged("sums")?;
    check_noted(&host, "sums", &[(1, 1), (4, 2)])?;
    host.wait_for_lines("a message is moved to dead.numbers", 2)?;
    assert_eq!(until_sum(&host, "stream", |_| true)?, (3, 2), "what a message asked for that failed did not happen");
    Ok(())
}

#[test]
fn without_a_place_for_it_what_fails_is_dropped_with_an_error() -> Result<()> {
    let nats = Nats::start()?;
    nats.publish("numbers.a", ["-1", "7"])?;
    let mut host = site(&nats, "sums", "max-deliveries = 1\n")?.start()?;
    host.wait_for_lines("a message is dropped: poison: -1 is below zero", 1)?;
    until_sum(&host, "stream", |sum| sum == (7, 1))?;
    nats.wait_until_acknowledged("sums")
}

#[test]
fn a_server_may_come_late_and_go_in_between() -> Result<()> {
    let mut nats = Nats::stopped()?;
    let site = site(&nats, "sums", "")?;
    let mut host = site.start()?;
    // The host runs on without it.
    assert_eq!(host.client().get("/healthz")?.status, 200);
    host.wait_for_lines("cannot be made; it is tried again", 1)?;
    nats.run()?;
    nats.publish("numbers.a", ["1", "2"])?;
    until_sum(&host, "stream", |sum| sum == (3, 2))?;
    for round in 1..=3 {
        nats.kill()?;
        host.wait_for_lines("is lost; it is tried again", 1)?;
        nats.run()?;
        nats.publish("numbers.a", ["1"])?;
        until_sum(&host, "stream", |sum| sum == (3 + round, 2 + round.unsigned_abs()))?;
    }
    let said = host.kill();
    let lost = said.iter().filter(|line| line.contains("is lost")).count();
    assert_eq!(lost, 3, "one warning for each change:\n{}", said.join("\n"));
    Ok(())
}

#[test]
fn a_consumer_of_somebody_else_is_left_alone() -> Result<()> {
    let nats = Nats::start()?;
    let check = |durable: &str, change: &str, expect: &str| -> Result<()> {
        let text = bindings(durable, "").replace("numbers.>", change);
        let settings = format!("[streams.main]\nurl = {:?}\n", nats.url);
        let mut host = Site::new(&text)?.with_settings(&settings)?.start()?;
        host.wait_for_lines(expect, 1)?;
        assert_eq!(host.client().get("/healthz")?.status, 200);
        Ok(())
    };
    site(&nats, "mine", "")?.start()?;
    nats.publish("numbers.a", ["1"])?;
    {
        let host = site(&nats, "mine", "")?.start()?;
        until_sum(&host, "stream", |sum| sum == (1, 1))?;
    }
    check("mine", "other", "is there with the subject \"numbers.>\", not \"other\"")
}

#[test]
fn a_full_hub_is_waited_for() -> Result<()> {
    let nats = Nats::start()?;
    let mut site = site(&nats, "sums", "")?;
    site.command.extra = vec!["--storage-max-pages".to_owned(), "400".to_owned()];
    let mut host = site.start()?;
    let filler = format!("\"{}\"", "x".repeat(16 << 10));
    while host.client().post("/runtime/webhooks/durabletask/orchestrators/shout", &filler)?.status == 202 {}
    let numbers = 1..=500_i64;
    nats.publish("numbers.a", numbers.clone())?;
    host.wait_for_lines("triggers wait for the hub: the storage of this hub is full", 1)?;
    host.kill();
    site.command.extra.clear();
    let host = site.start()?;
    until_sum(&host, "stream", |sum| sum == (numbers.clone().sum(), 500))?;
    let expect: Vec<_> = numbers.map(|number| (number.unsigned_abs(), number)).collect();
    check_noted(&host, "sums", &expect)
}
