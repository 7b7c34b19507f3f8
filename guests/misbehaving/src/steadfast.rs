//! Orchestrators that misbehave in no way, and must come out the same however often their host is killed.

use std::hint::black_box;

use dacapo::prelude::*;

use crate::{activities::echo, orchestrators::waits_for};

/// The build that this is, as its last character. Who writes another one over it in the component has another build.
const BUILD: &str = "misbehaving build 1";

/// Which build of this component runs: `1`, unless somebody changed it.
pub(crate) fn build() -> char {
    // Without the detour the compiler would fold the text away.
    black_box(BUILD).chars().next_back().unwrap_or_default()
}

/// How many words to wait for, and those that were heard.
#[payload]
pub struct Words {
    wanted: usize,
    #[serde(default)]
    heard: Vec<String>,
}

/// Waits for so many different inputs of the event `word`, then for the event `end`, and returns the words. Each third
/// word begins a new execution, which is given the words that nobody took.
#[orchestrator]
pub async fn listens(cx: Context, mut words: Words) -> Result<Vec<String>> {
    while words.heard.len() < words.wanted {
        let word: String = cx.wait_event("word").await?;
        if words.heard.contains(&word) {
            continue;
        }
        words.heard.push(word);
        cx.set_custom_status(&words.heard.len())?;
        if words.heard.len().is_multiple_of(3) {
            return cx.continue_as_new(&words).await;
        }
    }
    cx.wait_event::<()>("end").await?;
    Ok(words.heard)
}

/// What to tell whom.
#[payload]
pub struct News {
    to: String,
    words: Vec<String>,
}

/// Sends each word to another instance, with a call of `echo` before it.
#[orchestrator]
pub async fn passes_on(cx: Context, news: News) -> Result<()> {
    for (word, number) in news.words.iter().zip(0..) {
        echo(&cx, number).await?;
        cx.send_event(&news.to, "word", word)?;
    }
    Ok(())
}

/// Fails, unless it is the attempt of this number, and returns the number.
#[orchestrator]
pub async fn comes_of_age(cx: Context, attempt: u32) -> Result<u32> {
    // The host derives the id: a seed, the task, and the attempt if it is not the first.
    let attempts = cx.instance_id().split(':').nth(2).and_then(|text| text.parse().ok()).unwrap_or(1);
    if attempts == attempt { Ok(attempts) } else { Err(fail!("under-age", "attempt {attempts}")) }
}

/// Starts a child up to three times, until it succeeds.
#[orchestrator]
pub async fn insists(cx: Context, attempt: u32) -> Result<u32> {
    let retry = Retry::attempts(3).first_interval(Duration::from_millis(20)).coefficient(2.0).jitter(0.5);
    comes_of_age(&cx, attempt).retry(retry).await
}

/// Fails for good the first time. A rewound task goes on with the number of the next attempt.
#[activity]
pub fn stumbles(cx: ActivityContext) -> Result<u32> {
    if cx.attempt == 1 { Err(fail!("stumbled", "over its feet").non_retryable()) } else { Ok(cx.attempt) }
}

/// Fails until it is rewound, and returns the attempt that succeeded.
#[orchestrator]
pub async fn gets_up(cx: Context) -> Result<u32> {
    stumbles(&cx).await
}

/// Fails until it is rewound, because its child does.
#[orchestrator]
pub async fn helps_up(cx: Context) -> Result<u32> {
    gets_up(&cx).id(format!("{}.child", cx.instance_id())).await
}

/// Waits for a child that waits for an event.
#[orchestrator]
pub async fn waits_for_child(cx: Context, event: String) -> Result<()> {
    waits_for(&cx, event).id(format!("{}.child", cx.instance_id())).await
}

/// Calls `echo` with 1, or with 2 if this is build 2; then waits for the event `go`, and returns its build.
#[orchestrator]
pub async fn is_rebuilt(cx: Context) -> Result<char> {
    echo(&cx, if build() == '2' { 2 } else { 1 }).await?;
    cx.wait_event::<()>("go").await?;
    Ok(build())
}

/// Calls an activity and returns the trace that it was called in, or `null`.
#[orchestrator]
pub async fn is_traced(cx: Context) -> Result<Option<String>> {
    tells_trace(&cx).await
}

/// Returns the trace that it is called in.
#[activity]
pub fn tells_trace(cx: ActivityContext) -> Option<String> {
    cx.trace.map(|trace| trace.parent)
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn words_are_kept_from_one_execution_to_the_next() {
        let mut kit = Kit::new::<listens>();
        for (second, word) in (1..).zip(["a", "b", "b", "c", "a", "d"]) {
            kit = kit.event_at(Duration::from_secs(second), "Word", word);
        }
        let run = kit.event_at(Duration::from_secs(9), "end", &()).start(&Words { wanted: 4, heard: Vec::new() });
        assert_eq!(run.output::<Vec<String>>().unwrap(), ["a", "b", "c", "d"]);
        assert_eq!(run.executions().len(), 2);
    }

    #[test]
    fn this_is_the_first_build() {
        let run = Kit::new::<is_rebuilt>().activity::<echo>().event_at(Duration::ZERO, "go", &()).start(&());
        assert_eq!(run.output::<char>(), Ok('1'));
    }
}
