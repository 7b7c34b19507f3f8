//! What is measured and no example does: long histories, many timers, many events, many executions, busy entities.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [rehearse, alarm, tree, ping, pong, listen, eternal, calls],
    activities: [note],
    entities: [Count, Memo],
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

/// When the first alarm may be due, and how long it takes until all are.
#[payload]
struct Window {
    from: Timestamp,
    length_ms: u64,
}

/// Sleeps until a moment within the window that chance chooses, and returns that moment.
#[orchestrator]
async fn alarm(cx: Context, window: Window) -> Result<Timestamp> {
    let due = window.from + Duration::from_millis(cx.random() % window.length_ms);
    cx.timer_at(due).await;
    Ok(due)
}

/// How many children each one has, and how many generations of them.
#[payload]
struct Tree {
    width: u32,
    depth: u32,
}

/// Grows a tree of children and counts its members, itself among them.
#[orchestrator]
async fn tree(cx: Context, Tree { width, depth }: Tree) -> Result<u64> {
    let width = if depth == 0 { 0 } else { width };
    let branches = (0..width).map(|_| tree(&cx, Tree { width, depth: depth - 1 }));
    Ok(1 + cx.join_all(branches).await?.into_iter().sum::<u64>())
}

/// Lets a child serve so many balls, sends each of them back, and returns how many the child got back.
#[orchestrator]
async fn ping(cx: Context, balls: u32) -> Result<u32> {
    let other = format!("{}.pong", cx.instance_id());
    let pong = pong(&cx, balls).id(&other);
    for _ in 0..balls {
        let ball: u32 = cx.wait_event("ball").await?;
        cx.send_event(&other, "ball", &ball)?;
    }
    pong.await
}

/// Serves the balls to its parent, one after another.
#[orchestrator]
async fn pong(cx: Context, balls: u32) -> Result<u32> {
    let other = cx.parent().unwrap_or_default();
    for ball in 0..balls {
        cx.send_event(other, "ball", &ball)?;
        let back: u32 = cx.wait_event("ball").await?;
        if back != ball {
            return Err(fail!("wrong-ball", "{back} came back instead of {ball}"));
        }
    }
    Ok(balls)
}

/// Hears so many events and returns how many it heard.
#[orchestrator]
async fn listen(cx: Context, count: u32) -> Result<u32> {
    for _ in 0..count {
        cx.wait_event::<u32>("tick").await?;
    }
    Ok(count)
}

/// How many executions there were, and how many there shall be.
#[payload]
struct Rounds {
    played: u32,
    of: u32,
}

/// Does nothing but begin anew, and returns at last how often it did.
#[orchestrator]
async fn eternal(cx: Context, Rounds { played, of }: Rounds) -> Result<u32> {
    if played == of { Ok(played) } else { cx.continue_as_new(&Rounds { played: played + 1, of }).await }
}

/// A number that many add to.
#[payload]
#[derive(Default)]
struct Count {
    value: u64,
}

#[entity]
impl Count {
    fn add(&mut self, n: u64) {
        self.value += n;
    }
}

/// A text of which it is known how often it was edited.
#[payload]
#[derive(Default)]
struct Memo {
    edition: u64,
    text: String,
}

#[entity]
impl Memo {
    fn write(&mut self, text: String) {
        self.text = text;
    }

    fn edit(&mut self) {
        self.edition += 1;
    }
}

/// Which entity is called, and how often.
#[payload]
struct Calls {
    key: String,
    times: u32,
}

/// Calls an entity, one call after another, and returns how often it did.
#[orchestrator]
async fn calls(cx: Context, Calls { key, times }: Calls) -> Result<u32> {
    for _ in 0..times {
        cx.entity::<Count>(&key).add(1).await?;
    }
    Ok(times)
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

    #[test]
    fn counts_its_members() {
        assert_eq!(Kit::new::<tree>().start(&Tree { width: 3, depth: 2 }).output::<u64>(), Ok(13));
    }

    #[test]
    fn every_ball_comes_back() {
        assert_eq!(Kit::new::<ping>().child::<pong>().start(&3).output::<u32>(), Ok(3));
    }

    #[test]
    fn begins_anew() {
        let run = Kit::new::<eternal>().start(&Rounds { played: 0, of: 4 });
        assert_eq!((run.output::<u32>(), run.executions().len()), (Ok(4), 5));
    }
    #[test]
    fn an_entity_counts_calls() {
        let run = Kit::new::<calls>().entity::<Count>().start(&Calls { key: "c".to_owned(), times: 4 });
        assert_eq!((run.output::<u32>(), run.entity::<Count>("c").map(|count| count.value)), (Ok(4), Some(4)));
    }
}
