//! External events: a request waits for somebody's decision, takes silence for a no, and tells whoever asked.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [approval, purchase],
    activities: [ask_approver],
}

/// What somebody wants to spend money on.
#[payload]
#[derive(Clone, Debug)]
struct Request {
    what: String,
    cents: u64,
    /// Who shall hear of the decision: an instance that waits for the event `decision`. Nobody, if it is left out.
    reply_to: Option<String>,
    /// Silence is a no after so many milliseconds.
    patience_ms: u64,
}

/// What was decided, and by whom.
#[payload]
#[derive(Clone, Debug, PartialEq)]
struct Decision {
    approved: bool,
    by: String,
}

/// Tells the approver that there is something to decide. This example has nobody to tell, and gives back what it would
/// have said.
#[activity(retry(max_attempts = 5, first_interval = "1s", coefficient = 2.0, jitter = 0.5))]
fn ask_approver(request: Request) -> String {
    format!("May we buy {} for {} cents?", request.what, request.cents)
}

/// Asks, and waits for the event `approval`. Small amounts need no approval.
#[orchestrator]
async fn approval(cx: Context, request: Request) -> Result<Decision> {
    let decision = if request.cents < 1_000 {
        Decision { approved: true, by: "policy".to_owned() }
    } else {
        let question = ask_approver(&cx, request.clone()).await?;
        cx.set_custom_status(&question)?;
        let silence = Decision { approved: false, by: "nobody".to_owned() };
        cx.wait_event("approval").timeout_or(Duration::from_millis(request.patience_ms), silence).await?
    };
    if let Some(asker) = &request.reply_to {
        cx.send_event(asker, "decision", &decision)?;
    }
    Ok(decision)
}

/// Asks for the approval of another instance that runs by itself, and withdraws when the event `cancel` comes first.
#[orchestrator]
async fn purchase(cx: Context, mut request: Request) -> Result<String> {
    request.reply_to = Some(cx.instance_id().to_owned());
    let (decision, withdrawal) = (cx.wait_event::<Decision>("decision"), cx.wait_event::<String>("cancel"));
    let approval = approval(&cx, request).id(format!("{}.approval", cx.instance_id()));
    match cx.select(decision, withdrawal).await {
        Either::Left(decision) => {
            let Decision { approved, by } = decision?;
            Ok(format!("{} by {by}", if approved { "approved" } else { "refused" }))
        }
        Either::Right(reason) => {
            approval.cancel();
            Ok(format!("withdrawn: {}", reason?))
        }
    }
}

#[cfg(test)]
mod tests {
    use dacapo::testing::{Kit, Run};

    use super::*;

    fn request(cents: u64) -> Request {
        Request { what: "tea".to_owned(), cents, reply_to: None, patience_ms: 60_000 }
    }

    fn approved_by(by: &str) -> Decision {
        Decision { approved: true, by: by.to_owned() }
    }

    #[test]
    fn an_event_decides_or_silence_does() {
        let check = |cents: u64, after_s: u64, expect: &str, took_s: u64| {
            let kit = Kit::new::<approval>().activity::<ask_approver>();
            let run =
                kit.event_at(Duration::from_secs(after_s), "Approval", &approved_by("Ada")).start(&request(cents));
            let decision: Decision = run.output().unwrap();
            assert_eq!((decision.by.as_str(), decision.approved), (expect, expect != "nobody"));
            assert_eq!(run.elapsed(), Duration::from_secs(took_s));
        };
        check(999, 5, "policy", 0);
        check(1_000, 5, "Ada", 5);
        check(1_000, 61, "nobody", 60);
    }

    fn buy(kit: Kit) -> Run {
        kit.activity::<ask_approver>().child::<approval>().start(&request(5_000))
    }

    #[test]
    fn the_answer_comes_as_an_event() {
        let run = buy(Kit::new::<purchase>());
        assert_eq!(run.output::<String>().unwrap(), "refused by nobody");
        assert_eq!(run.elapsed(), Duration::from_secs(60));
    }

    #[test]
    fn a_withdrawn_request_asks_no_more() {
        let run = buy(Kit::new::<purchase>().event_at(Duration::from_secs(3), "CANCEL", "too dear"));
        assert_eq!(run.output::<String>().unwrap(), "withdrawn: too dear");
        assert!(run.to_string().contains("cancel task 0"), "{run}");
    }
}
