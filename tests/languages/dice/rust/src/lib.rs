//! A program that is all input: an orchestrator that does what a plan says and returns everything that it saw.
//!
//! It is there in several languages, and is meant to take the same decisions in all of them. What a race loses is handled alike
//! for that reason: timers are cancelled, tasks are left alone.

mod cup;
mod plan;

use dacapo::prelude::*;
use dacapo::serde_json::{Value, json};

use crate::cup::Cup;
use crate::plan::{Plan, Step};

dacapo::export! {
    orchestrators: [dice],
    entities: [Cup],
}

/// What a branch of a race or of an `all` is.
type Branch<'a> = std::pin::Pin<Box<dyn Future<Output = Value> + 'a>>;

/// Does one step after another, and returns what each of them saw.
#[orchestrator]
async fn dice(cx: Context, plan: Plan) -> Result<Vec<Value>> {
    let mut seen = plan.seen;
    let mut steps = plan.steps.into_iter();
    while let Some(step) = steps.next() {
        match step {
            Step::Again => return cx.continue_as_new(&Plan { steps: steps.collect(), seen }).await,
            Step::Fail { kind } => return Err(fail!(kind, "after {} steps", seen.len()).non_retryable()),
            step => seen.push(play(&cx, step).await),
        }
    }
    Ok(seen)
}

/// Does one step. A failure is something that is seen, too.
fn play(cx: &Context, step: Step) -> Branch<'_> {
    Box::pin(async move { attempt(cx, step).await.unwrap_or_else(|failure| json!({ "failed": failure.kind })) })
}

async fn attempt(cx: &Context, step: Step) -> Result<Value> {
    Ok(match step {
        Step::Call { input, attempts: None } => cx.call_activity("roll", &input).await?,
        Step::Call { input, attempts: Some(attempts) } => {
            let retry = Retry::attempts(attempts).first_interval(Duration::from_millis(250)).coefficient(2.0);
            cx.call_activity("roll", &input).retry(retry.jitter(0.5)).timeout(Duration::from_secs(10)).await?
        }
        Step::Child { input, id: None } => cx.call_child("throw", &input).await?,
        Step::Child { input, id: Some(id) } => cx.call_child("throw", &input).id(id).version("2").await?,
        Step::Sleep { ms } => {
            cx.sleep(Duration::from_millis(ms)).await;
            json!(cx.now().as_millis())
        }
        Step::Event { name, ms: None } => cx.wait_event(&name).await?,
        Step::Event { name, ms: Some(ms) } => {
            json!(cx.wait_event::<Value>(&name).timeout(Duration::from_millis(ms)).await?)
        }
        Step::All { of } => cx.join_all(of.into_iter().map(|step| async { Ok(play(cx, step).await) })).await?.into(),
        Step::Race { of } => {
            let (first, seen) = cx.race(of.into_iter().map(|step| play(cx, step))).await;
            json!({ "first": first, "seen": seen })
        }
        Step::Entity { key, operation, input } => cx.call_entity(&EntityId::of::<Cup>(key), &operation, &input).await?,
        Step::Lock { keys, input } => {
            let lock = cx.lock(keys.iter().map(EntityId::of::<Cup>)).await?;
            let mut seen = Vec::new();
            for key in keys {
                seen.push(play(cx, Step::Entity { key, operation: "add".to_owned(), input: input.clone() }).await);
            }
            lock.release();
            seen.into()
        }
        Step::Cancel { input } => {
            cx.call_activity::<Value>("roll", &input).cancel();
            Value::Null
        }
        step => at_once(cx, step)?,
    })
}

/// A step that waits for nothing.
fn at_once(cx: &Context, step: Step) -> Result<Value> {
    Ok(match step {
        Step::Signal { key, input, ms } => {
            let cup = EntityId::of::<Cup>(key);
            match ms {
                None => cx.signal_entity(&cup, "add", &input)?,
                Some(ms) => cx.signal_entity_at(cx.now() + Duration::from_millis(ms), &cup, "add", &input)?,
            }
            Value::Null
        }
        Step::Send { to, name, input } => {
            cx.send_event(&to, &name, &input)?;
            Value::Null
        }
        Step::Status { value } => {
            cx.set_custom_status(&value)?;
            value
        }
        Step::Number => json!(cx.random_f64()),
        Step::Uuid => json!(cx.new_guid()),
        Step::Now => json!(cx.now().as_millis()),
        Step::Me => json!({
            "name": cx.name(),
            "instance": cx.instance_id(),
            "execution": cx.execution(),
            "version": cx.version(),
            "parent": cx.parent(),
            "tags": cx.tags(),
        }),
        step => return Err(fail!("not-now", "{step:?} is not a step of a branch")),
    })
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn does_what_the_plan_says() {
        let steps = json!([
            { "do": "call", "input": 3 },
            { "do": "race", "of": [{ "do": "sleep", "ms": 5 }, { "do": "sleep", "ms": 9 }] },
            { "do": "again" },
            { "do": "lock", "keys": ["a", "b"], "input": 4 },
        ]);
        let plan = Plan { steps: dacapo::serde_json::from_value(steps).expect("steps"), seen: Vec::new() };
        let run = Kit::new::<dice>().entity::<Cup>().answer("roll", |n: u32| Ok(n + 1)).start(&plan);
        let seen = run.output::<Vec<Value>>().expect("an output");
        assert_eq!((&seen[0], &seen[1]["first"], seen.len()), (&json!(4), &json!(0), 3), "{seen:?}");
        assert_eq!(seen[2], json!([{ "failed": "spilled" }, { "failed": "spilled" }]));
    }
}
