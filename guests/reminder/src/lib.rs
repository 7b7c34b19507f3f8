//! Timers: a reminder that is due later, and a question whose answer races against one.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [remind, ask_in_time],
    activities: [notify, ask],
}

/// What to say and when.
#[payload]
struct Reminder {
    /// Milliseconds from now.
    after_ms: u64,
    text: String,
}

/// A question and how long its answer may take.
#[payload]
struct Question {
    text: String,
    /// Milliseconds from now.
    patience_ms: u64,
}

/// Delivers a text. This example has nobody to deliver it to and gives it back.
#[activity(retry(max_attempts = 5, first_interval = "1s", coefficient = 2.0, max_interval = "1m"))]
fn notify(text: String) -> String {
    text
}

/// Answers a question. This example agrees with everything.
#[activity(timeout = "5m")]
fn ask(question: String) -> String {
    format!("{question} Yes.")
}

/// Sleeps, then notifies.
#[orchestrator]
async fn remind(cx: Context, reminder: Reminder) -> Result<String> {
    cx.set_custom_status("sleeping")?;
    cx.sleep(Duration::from_millis(reminder.after_ms)).await;
    cx.set_custom_status("notifying")?;
    notify(&cx, reminder.text).await
}

/// Asks, and takes silence for a no.
#[orchestrator]
async fn ask_in_time(cx: Context, question: Question) -> Result<String> {
    let answer = ask(&cx, question.text);
    let patience = cx.sleep(Duration::from_millis(question.patience_ms));
    match cx.select(answer, patience).await {
        Either::Left(answer) => answer,
        Either::Right(()) => {
            cx.log().warn("nobody answered in time");
            Ok("No.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    #[test]
    fn reminds_after_a_week() {
        let reminder = Reminder { after_ms: WEEK.as_millis() as u64, text: "tea".to_owned() };
        let run = Kit::new::<remind>().activity::<notify>().start(&reminder);
        assert_eq!(run.output::<String>().unwrap(), "tea");
        assert_eq!(run.custom_status::<String>().unwrap(), "notifying");
        assert_eq!(run.elapsed(), WEEK);
    }

    #[test]
    fn the_answer_or_the_timer_wins() {
        let check = |takes_ms: u64, expect: &str, last: &str| {
            let question = Question { text: "Tea?".to_owned(), patience_ms: 100 };
            let takes = Duration::from_millis(takes_ms);
            let run = Kit::new::<ask_in_time>().activity::<ask>().takes("ask", takes).start(&question);
            assert_eq!(run.output::<String>().unwrap(), expect);
            let trace = run.to_string();
            assert!(trace.contains(last), "{trace}");
        };
        check(99, "Tea? Yes.", "cancel timer 1");
        check(101, "No.", "timer 1 fired");
    }
}
