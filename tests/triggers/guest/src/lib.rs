//! What the tests of triggers run: one function for each thing that a trigger can do, or do wrong.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [note, shout],
    activities: [say],
    entities: [Sum],
    http: [add, sum, echo, drip, start, denied, trap, fail, silent],
    timers: [tick, stumble],
    streams: [on_number],
}

/// Returns its input.
#[orchestrator]
async fn note(_cx: Context, input: i64) -> Result<i64> {
    Ok(input)
}

/// Says it.
#[activity]
fn say(text: String) -> String {
    text.to_uppercase()
}

/// Says its input.
#[orchestrator]
async fn shout(cx: Context, text: String) -> Result<String> {
    say(&cx, text).await
}

/// A sum, and how many numbers went into it.
#[payload]
#[derive(Debug, Default, PartialEq)]
struct Sum {
    total: i64,
    count: u64,
}

#[entity]
impl Sum {
    fn add(&mut self, n: i64) {
        self.total += n;
        self.count += 1;
    }
}

/// Adds the number in the body.
#[http_trigger(route = "sums/{key}", methods("POST"))]
fn add(request: Request, client: Client) -> Result<Response> {
    client.signal::<Sum>(request.parameter("key").unwrap_or_default()).add(request.json()?)?;
    Ok(Response::new(202))
}

/// Shows a sum.
#[http_trigger(route = "sums/{key}", methods("GET"))]
fn sum(request: Request, client: Client) -> Result<Response> {
    let sum = client.read_entity::<Sum>(request.parameter("key").unwrap_or_default())?;
    Response::json(&sum)
}

/// Sends back what comes, part by part.
#[http_trigger(route = "echo/{*rest}")]
fn echo(request: Request, _client: Client) -> Result<Response> {
    let method = request.method().to_owned();
    Ok(Response::stream(request.chunks()).header("x-method", method))
}

/// Sends as many parts of 1 KiB as the path says.
#[http_trigger(route = "drip/{count}")]
fn drip(request: Request, _client: Client) -> Result<Response> {
    let count = request.parameter("count").and_then(|count| count.parse().ok()).unwrap_or(0);
    Ok(Response::stream((0..count).map(|_| Ok(vec![b'x'; 1024]))))
}

/// Starts an orchestration and says where to look.
#[http_trigger(route = "start/{id}")]
fn start(request: Request, client: Client) -> Result<Response> {
    let text = request.parameter("id").unwrap_or_default().to_owned();
    client.start(Start::of::<shout>(&text)?.id(&text))?;
    Ok(client.create_check_status_response(&text)?)
}

/// Asks for what the manifest does not grant.
#[http_trigger(route = "denied")]
fn denied(_request: Request, client: Client) -> Result<Response> {
    match client.purge("anything") {
        Ok(()) => Ok(Response::new(200)),
        Err(error) => Ok(Response::text(error.to_string()).with_status(403)),
    }
}

/// Traps.
#[http_trigger(route = "trap")]
fn trap(_request: Request, _client: Client) -> Result<Response> {
    panic!("a secret of the guest")
}

/// Fails.
#[http_trigger(route = "fail")]
fn fail(_request: Request, _client: Client) -> Result<Response> {
    Err(dacapo::fail!("conflict", "somebody else was faster"))
}

/// Never answers.
#[http_trigger(route = "silent")]
fn silent(_request: Request, _client: Client) -> Result<Response> {
    loop {
        std::hint::spin_loop();
    }
}

/// Counts ticks, those included that nobody was there for.
#[timer_trigger]
fn tick(tick: Tick, client: Client) -> Result<()> {
    let sums = client.signal::<Sum>("ticks");
    sums.add(1)?;
    client.signal::<Sum>("missed").add(i64::from(tick.missed))?;
    client.start(Start::of::<note>(&i64::from(tick.missed))?)?;
    Ok(())
}

/// Signals, and then fails: nothing of it must happen.
#[timer_trigger]
fn stumble(_tick: Tick, client: Client) -> Result<()> {
    client.signal::<Sum>("stumbled").add(1)?;
    Err(dacapo::fail!("stumbled", "over a stone"))
}

/// Adds each number of a stream, and starts an orchestration for it. Numbers below zero are poison.
#[stream_trigger]
fn on_number(message: Message, client: Client) -> Result<()> {
    let number: i64 = message.json()?;
    client.signal::<Sum>("stream").add(number)?;
    client.start(Start::of::<note>(&number)?)?;
    if number < 0 { Err(dacapo::fail!("poison", "{number} is below zero")) } else { Ok(()) }
}
