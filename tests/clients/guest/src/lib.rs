//! What the tests with real clients start: one orchestrator for each end that a client can see, and an entity to signal.

use dacapo::{prelude::*, serde_json::Value};

dacapo::export! {
    orchestrators: [echo, chain, wait_for_approval, fail_always, flaky_once, sleep, parent, eternal, forever, shift, hold],
    activities: [say, explode, falter],
    entities: [Counter],
}

/// Returns its input.
#[orchestrator(name = "Echo")]
async fn echo(_cx: Context, input: Value) -> Result<Value> {
    Ok(input)
}

/// Greets one city.
#[activity]
fn say(city: String) -> String {
    format!("Hello {city}!")
}

/// Greets the cities one after another; without any, Tokyo, Seattle and London. The status says how far it is.
#[orchestrator(name = "Chain")]
async fn chain(cx: Context, cities: Option<Vec<String>>) -> Result<Vec<String>> {
    let cities = cities.unwrap_or_else(|| ["Tokyo", "Seattle", "London"].map(str::to_owned).to_vec());
    let mut greetings = Vec::new();
    for city in cities {
        cx.set_custom_status(&city)?;
        greetings.push(say(&cx, city).await?);
    }
    cx.set_custom_status("done")?;
    Ok(greetings)
}

/// Returns what comes with the event `Approval`.
#[orchestrator(name = "WaitForApproval")]
async fn wait_for_approval(cx: Context) -> Result<Value> {
    cx.wait_event("Approval").await
}

/// Fails.
#[activity]
fn explode(fuse: Value) -> Result<()> {
    Err(fail!("exploded", "the fuse was {fuse}").non_retryable())
}

/// Fails, because its activity does.
#[orchestrator(name = "Fail")]
async fn fail_always(cx: Context, fuse: Value) -> Result<()> {
    explode(&cx, fuse).await
}

/// Fails the first time. A rewound task goes on with the number of the next attempt.
#[activity]
fn falter(cx: ActivityContext) -> Result<u32> {
    if cx.attempt == 1 { Err(fail!("faltered", "the first attempt fails").non_retryable()) } else { Ok(cx.attempt) }
}

/// Fails until it is rewound, then returns the attempt that succeeded.
#[orchestrator(name = "FlakyOnce")]
async fn flaky_once(cx: Context) -> Result<u32> {
    falter(&cx).await
}

/// How long to sleep.
#[payload]
struct Nap {
    ms: u64,
}

/// Sleeps, then says so.
#[orchestrator(name = "Sleep")]
async fn sleep(cx: Context, nap: Nap) -> Result<String> {
    cx.sleep(Duration::from_millis(nap.ms)).await;
    Ok(format!("slept {} ms", nap.ms))
}

/// Returns what its child `Echo` returns.
#[orchestrator(name = "Parent")]
async fn parent(cx: Context, input: Value) -> Result<Value> {
    echo(&cx, input).await
}

/// How often to begin anew.
#[payload]
struct Rounds {
    times: u32,
    #[serde(default)]
    done: u32,
}

/// Continues as new so many times, then returns how many it were.
#[orchestrator(name = "Eternal")]
async fn eternal(cx: Context, Rounds { times, done }: Rounds) -> Result<u32> {
    if done == times {
        return Ok(done);
    }
    cx.continue_as_new(&Rounds { times, done: done + 1 }).await
}

/// Waits for the event `never`.
#[orchestrator(name = "Forever")]
async fn forever(cx: Context) -> Result<Value> {
    cx.wait_event("never").await
}

/// A number. One client sends it as it is, another one as a string that holds it.
#[payload]
#[serde(untagged)]
enum Amount {
    Number(i64),
    Text(String),
}

impl Amount {
    fn read(&self) -> Result<i64> {
        match self {
            Amount::Number(number) => Ok(*number),
            Amount::Text(text) => text.parse().map_err(|_| fail!("not-a-number", "{text:?} is no whole number")),
        }
    }
}

/// Counts.
#[payload]
#[derive(Clone, Default)]
struct Counter(i64);

#[entity]
impl Counter {
    /// Adds so much, and returns the sum.
    fn add(&mut self, amount: Amount) -> Result<i64> {
        self.0 += amount.read()?;
        Ok(self.0)
    }

    /// Returns the sum.
    fn get(&self) -> i64 {
        self.0
    }
}

/// Locks two counters, `-from` and `-to` behind its own id, and moves 3 from one to the other; a third one, `-moves`, counts
/// that. Returns what the two have then.
#[orchestrator(name = "Move")]
async fn shift(cx: Context) -> Result<[i64; 2]> {
    let [from, to, moves] = ["from", "to", "moves"].map(|end| format!("{}-{end}", cx.instance_id()));
    let lock = cx.lock([&from, &to].map(EntityId::of::<Counter>)).await?;
    let left = cx.entity::<Counter>(from).add(Amount::Number(-3)).await?;
    cx.entity::<Counter>(&to).add(Amount::Number(3)).await?;
    cx.signal::<Counter>(moves).add(Amount::Number(1))?;
    let right = cx.entity::<Counter>(to).get().await?;
    drop(lock);
    Ok([left, right])
}

/// Locks the counter of this key until the event `release`, and returns what it has then.
#[orchestrator(name = "Hold")]
async fn hold(cx: Context, key: String) -> Result<i64> {
    let _lock = cx.lock([EntityId::of::<Counter>(&key)]).await?;
    let _: Value = cx.wait_event("release").await?;
    cx.entity::<Counter>(key).get().await
}

#[cfg(test)]
mod tests {
    use dacapo::{
        Orchestrator,
        serde_json::json,
        testing::{Actor, Kit},
    };

    use super::*;

    fn check<O: Orchestrator>(input: Value, expect: Result<Value, &str>) {
        let kit = Kit::new::<O>().activity::<say>().activity::<explode>().activity::<falter>().child::<echo>();
        let kit = kit.entity::<Counter>();
        let run = kit.event_at(Duration::from_secs(1), "approval", &json!({ "by": "Ada" })).start(&input);
        assert_eq!(run.output::<Value>().map_err(|failure| failure.kind), expect.map_err(str::to_owned));
    }

    #[test]
    fn each_ends_as_it_says() {
        check::<echo>(json!([1, "two"]), Ok(json!([1, "two"])));
        check::<chain>(json!(null), Ok(json!(["Hello Tokyo!", "Hello Seattle!", "Hello London!"])));
        check::<wait_for_approval>(json!(null), Ok(json!({ "by": "Ada" })));
        check::<fail_always>(json!("short"), Err("exploded"));
        check::<flaky_once>(json!(null), Err("faltered"));
        check::<sleep>(json!({ "ms": 5 }), Ok(json!("slept 5 ms")));
        check::<parent>(json!({ "a": 1 }), Ok(json!({ "a": 1 })));
        check::<eternal>(json!({ "times": 3 }), Ok(json!(3)));
        check::<forever>(json!(null), Err("dacapo:stalled"));
        check::<shift>(json!(""), Ok(json!([-3, 3])));
        check::<hold>(json!("k"), Err("dacapo:stalled"));
    }

    #[test]
    fn a_counter_takes_what_either_client_makes_of_a_number() {
        let mut counter = Actor::<Counter>::new("a");
        let mut check = |operation: &str, input: Value, expect: Result<i64, &str>| {
            let got = counter.call::<i64>(operation, &input).map_err(|failure| failure.kind);
            assert_eq!(got, expect.map_err(str::to_owned), "{operation} {input}");
        };
        check("add", json!(10), Ok(10));
        check("ADD", json!("-3"), Ok(7));
        check("add", json!("three"), Err("not-a-number"));
        check("add", json!({ "n": 1 }), Err("invalid-input"));
        check("explode", json!(1), Err("unknown-operation"));
        check("get", json!(null), Ok(7));
        assert_eq!(counter.state().map(|counter| counter.0), Some(7));
    }
}
