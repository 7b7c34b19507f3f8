//! A decision that somebody else takes: an event or, after a reminder, the silence.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [approval],
    activities: [notify],
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What somebody wants to spend money on.
#[payload]
#[derive(Clone)]
struct Request {
    what: String,
    cents: u64,
}

/// What was decided, and by whom.
#[payload]
struct Decision {
    approved: bool,
    by: String,
}

/// Tells whoever decides. This example has nobody to tell.
#[activity(retry(max_attempts = 5, first_interval = "1s", coefficient = 2.0))]
fn notify(text: String) -> String {
    text
}

/// Asks, waits a day for the event `decision`, reminds, and takes another day of silence for a no.
#[orchestrator]
async fn approval(cx: Context, request: Request) -> Result<Decision> {
    notify(&cx, format!("May we buy {} for {} cents?", request.what, request.cents)).await?;
    cx.set_custom_status("asked")?;
    if let Some(decision) = cx.wait_event("decision").timeout(DAY).await? {
        return Ok(decision);
    }
    notify(&cx, format!("Nobody has decided about {} yet.", request.what)).await?;
    cx.set_custom_status("reminded")?;
    let silence = Decision { approved: false, by: "nobody".to_owned() };
    cx.wait_event("decision").timeout_or(DAY, silence).await
}
