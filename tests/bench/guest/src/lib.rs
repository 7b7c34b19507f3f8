//! For the cold replay: a long history that ends in a timer.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [rehearse],
    activities: [note],
}

/// How long a history, and when it goes on.
#[payload]
struct Rehearsal {
    steps: u32,
    wake_at: Timestamp,
}

/// Returns what it gets.
#[activity]
fn note(number: u32) -> u32 {
    number
}

/// Plays so many notes one after another, says that it waits, sleeps, and returns how many it played.
#[orchestrator]
async fn rehearse(cx: Context, rehearsal: Rehearsal) -> Result<u32> {
    let mut played = 0;
    for number in 0..rehearsal.steps {
        note(&cx, number).await?;
        played += 1;
    }
    cx.set_custom_status("waiting")?;
    cx.timer_at(rehearsal.wake_at).await;
    Ok(played)
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn counts_what_it_played() {
        let rehearsal = Rehearsal { steps: 3, wake_at: Timestamp::from_millis(1) };
        let run = Kit::new::<rehearse>().activity::<note>().start(&rehearsal);
        assert_eq!(run.output::<u32>(), Ok(3));
    }
}
