//! Turns: from what waits for an instance and what its guest decides to what is recorded.
//!
//! ```text
//! case TITLE
//!   have TIME EVENT; …       a record that is there already
//!   grown EVENTS BYTES       the history is said to be this large
//!   at TIME MESSAGE; …       messages: start FUNCTION INPUT · done TASK/ATTEMPT OUTPUT · fail TASK/ATTEMPT FAILURE · due
//!                            · terminate REASON
//!   guest DECISION; …        its step: activity, timer, cancel, custom-status · wait, complete OUTPUT, fail FAILURE;
//!                            or trap FAILURE
//! ```

use kernel::codec::{Link, Row, seal};
use kernel::model::{Head, InstanceNo, LogSeq, Record, Step, StepStatus, TaskId, Timestamp};
use kernel::orchestration::{
    Answer, Begun, Finished, Live, Message, Next, State, TaskPhase, begin, extend_head, finish, fold, restore,
};

use crate::casefile::{Bless, Player, check_folder};
use crate::notation;
use crate::words::{Words, clauses};

#[test]
fn turns() {
    check_folder::<Instance>("../../tests/data/turns");
}

pub const NO: InstanceNo = InstanceNo(1);

/// An instance as a partition would hold it.
pub struct Instance {
    pub state: State,
    pub head: Option<Head>,
    pub rows: Vec<Row>,
    pub records: Vec<Record>,
    begun: Option<Begun>,
    /// Whether something was changed that the history does not say: its size, or attempts that began again.
    ahead: bool,
}

impl Player for Instance {
    const BLESS: Bless = Bless::Everything;

    fn begin() -> Self {
        Self { state: State::New, head: None, rows: Vec::new(), records: Vec::new(), begun: None, ahead: false }
    }

    fn play(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (word, rest) = line.split_once(' ').ok_or("a word and what belongs to it are expected")?;
        if self.begun.is_some() != (word == "guest") {
            return Err("a turn and a guest line belong together".to_owned());
        }
        match word {
            "have" => self.have(rest).map(|()| Vec::new()),
            "grown" => self.grown(rest).map(|()| Vec::new()),
            "at" => self.at(rest),
            "guest" => self.guest(rest),
            other => Err(format!("{other:?} is not known here")),
        }
    }

    fn end(self) -> Result<(), String> {
        if self.begun.is_some() { Err("the last turn has no guest line".to_owned()) } else { Ok(()) }
    }
}

impl Instance {
    /// Appends a record that is given by its time and its events.
    pub fn have(&mut self, rest: &str) -> Result<(), String> {
        let (at, rest) = time(rest)?;
        let mut events = Vec::new();
        let mut state = std::mem::replace(&mut self.state, State::New);
        for clause in clauses(rest)? {
            let next = if let State::Live(live) = &state { live.decisions } else { 0 };
            let event = notation::event(clause, next)?;
            state = fold(state, at, &event).map_err(|error| error.to_string())?;
            events.push(event);
        }
        self.append(Record { at, events }, state);
        Ok(())
    }

    fn grown(&mut self, rest: &str) -> Result<(), String> {
        let mut words = Words::of(rest);
        let head = self.head.as_mut().ok_or("there is no history yet")?;
        head.events = words.parse("a count of events")?;
        head.bytes = words.parse("a count of bytes")?;
        self.ahead = true;
        words.end()
    }

    fn at(&mut self, rest: &str) -> Result<Vec<String>, String> {
        let (now, rest) = time(rest)?;
        let mut said = Vec::new();
        if let Some(start) = rest.strip_prefix("start ") {
            let mut words = Words::of(start);
            let started = notation::started(&mut words)?;
            words.end()?;
            self.begun = Some(Begun::start(started, now));
            return Ok(said);
        }
        let messages = clauses(rest)?.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
        let State::Live(live) = &mut self.state else { return Err("no execution is under way".to_owned()) };
        // As a partition does when the clock moved.
        if messages.contains(&Message::Due) {
            let retried = live.begin_due_retries(now);
            self.ahead |= !retried.is_empty();
            said.extend(ids("run again", &retried));
        }
        let begun = begin(live, messages.clone(), now);
        assert_eq!(begun, begin(live, messages, now), "beginning twice gives the same");
        if begun.stale > 0 {
            said.push(format!("{} stale", begun.stale));
        }
        match begun.next {
            Next::Nothing => said.push("nothing".to_owned()),
            Next::Record => said.extend(self.finish(begun, Answer::None)),
            Next::Turn => self.begun = Some(begun),
        }
        Ok(said)
    }

    fn guest(&mut self, rest: &str) -> Result<Vec<String>, String> {
        let answer = answer(rest)?;
        let begun = self.begun.take().ok_or("no turn was begun")?;
        Ok(self.finish(begun, answer))
    }

    fn finish(&mut self, begun: Begun, answer: Answer) -> Vec<String> {
        let state = std::mem::replace(&mut self.state, State::New);
        let again = finish(state.clone(), self.head.as_ref(), begun.clone(), answer.clone());
        let finished = finish(state, self.head.as_ref(), begun, answer);
        assert_eq!(finished, again, "finishing twice gives the same");
        let Finished { record, state, run } = finished.expect("messages fit the state that they were begun with");
        let mut said = vec![format!("@{} {}", record.at.0, notation::show_all(&record.events))];
        said.extend(ids("run", &run));
        self.append(record, state);
        if !self.ahead {
            self.check_restored();
        }
        said.extend(self.show());
        said
    }

    pub fn append(&mut self, record: Record, state: State) {
        let prev = self.head.as_ref().map(|head| Link { seq: head.last, sum: head.sum });
        let seq = LogSeq(10 + 7 * self.rows.len() as u64);
        let row = seal(NO, seq, prev, &record);
        let head = extend_head(self.head.take(), &row, &record, &state).expect("the first event is a start");
        assert_eq!(record.ended().map(|ended| ended.status()), Some(head.status).filter(|status| status.is_terminal()));
        self.rows.push(row);
        self.records.push(record);
        self.head = Some(head);
        self.state = state;
    }

    /// What was extended row by row is what reading all rows gives.
    pub fn check_restored(&self) {
        let head = self.head.as_ref().expect("there is a history");
        let restored =
            restore(NO, Link { seq: head.last, sum: head.sum }, &self.rows).expect("what was written can be read");
        assert_eq!((&restored.head, &restored.state, &restored.records), (head, &self.state, &self.records));
    }

    fn show(&self) -> Vec<String> {
        let mut said = vec![match &self.state {
            State::New => "nothing happened".to_owned(),
            State::Live(live) => show_live(live),
            State::Ended(status) => status.as_str().to_owned(),
        }];
        let status = self.head.as_ref().and_then(|head| head.custom_status.as_ref());
        said.extend(status.map(|status| format!("custom status {}", notation::show_payload(status))));
        said
    }
}

/// Reads the step of a guest, or its fault.
pub fn answer(line: &str) -> Result<Answer, String> {
    let mut step = Step { decisions: Vec::new(), status: StepStatus::Waiting, custom_status: None, logs: Vec::new() };
    for clause in clauses(line)? {
        let mut words = Words::of(clause);
        let word = words.next("a decision")?;
        if step.status != StepStatus::Waiting {
            return Err("a guest that ended does nothing more".to_owned());
        }
        match word {
            "wait" => {}
            "complete" => step.status = StepStatus::Completed(words.payload("the output")?),
            "fail" => step.status = StepStatus::Failed(notation::failure(&mut words)?),
            "custom-status" => step.custom_status = Some(words.payload("the value")?),
            "trap" => return Ok(Answer::Fault(notation::failure(&mut words)?)),
            word => {
                let decision = notation::decision(word, &mut words)?;
                step.decisions.push(decision.ok_or_else(|| format!("{word:?} is not something a guest does"))?);
            }
        }
        words.end()?;
    }
    Ok(Answer::Step(step))
}

fn message(clause: &str) -> Result<Message, String> {
    let mut words = Words::of(clause);
    let message = match words.next("a message")? {
        "done" => {
            let (task, attempt) = notation::task_and_attempt(&mut words)?;
            Message::TaskDone { task, attempt, outcome: Ok(words.payload("the output")?) }
        }
        "fail" => {
            let (task, attempt) = notation::task_and_attempt(&mut words)?;
            Message::TaskDone { task, attempt, outcome: Err(notation::failure(&mut words)?) }
        }
        "due" => Message::Due,
        "terminate" => Message::Terminate { reason: words.payload("the reason")? },
        other => return Err(format!("{other:?} is not a message")),
    };
    words.end()?;
    Ok(message)
}

pub fn time(rest: &str) -> Result<(Timestamp, &str), String> {
    let (at, rest) = rest.split_once(' ').ok_or("a time and what happens then are expected")?;
    Ok((Timestamp(crate::words::parse(at, "a time")?), rest))
}

fn ids(word: &str, ids: &[TaskId]) -> Option<String> {
    let shown = match ids {
        [] => return None,
        [first, .., last] if ids.len() > 12 => format!("{} … {} ({} tasks)", first.0, last.0, ids.len()),
        ids => ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(" "),
    };
    Some(format!("{word} {shown}"))
}

fn show_live(live: &Live) -> String {
    let mut said = vec![format!("turns {}, decisions {}", live.turns, live.decisions)];
    let tasks = live.tasks.iter().map(|(id, open)| match open.phase {
        TaskPhase::Running => format!("task {}/{} runs", id.0, open.attempt),
        TaskPhase::Waiting { retry_at } => format!("task {}/{} at {}", id.0, open.attempt, retry_at.0),
    });
    let timers = live.timers.iter().map(|(id, at)| format!("timer {} at {}", id.0, at.0));
    for open in [tasks.collect::<Vec<_>>(), timers.collect()] {
        match &open[..] {
            [first, .., last] if open.len() > 12 => said.push(format!("{first} … {last} ({} open)", open.len())),
            open => said.extend(open.iter().cloned()),
        }
    }
    said.extend(live.wake_at().map(|at| format!("wakes at {}", at.0)));
    said.join("; ")
}
