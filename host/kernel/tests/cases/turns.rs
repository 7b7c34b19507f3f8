//! Turns: from what waits for an instance and what its guest decides to what is recorded.
//!
//! ```text
//! case TITLE
//!   have TIME EVENT; …       a record that is there already
//!   grown EVENTS BYTES       the history is said to be this large
//!   in one commit            from here on, the first turn of a next execution is committed with its start
//!   at TIME MESSAGE; …       messages, or none at all: start FUNCTION INPUT · done TASK/ATTEMPT OUTPUT · due
//!                            · fail TASK/ATTEMPT FAILURE · raise NAME INPUT · suspend REASON · resume REASON
//!                            · terminate REASON [children]
//!   held TIME MESSAGE; …     the same while no turn may be played
//!   rewind TIME REASON       a client takes the failure back
//!   repin TIME COMPONENT     another component was found to fit
//!   guest DECISION; …        its step: activity, timer, child, cancel, send, call, signal, lock, release, custom-status · wait [NAME…], complete OUTPUT,
//!                            fail FAILURE, carry NAME INPUT …, again INPUT; or trap FAILURE
//! ```

use kernel::codec::{Link, Row, seal};
use kernel::model::{Event, EventName, Head, InstanceNo, LogSeq, Raised, Record, Step, StepStatus, Timestamp};
use kernel::orchestration::{
    Answer, Begun, Finished, Gate, Message, Next, Place, State, begin, extend_head, finish, fold, restore,
};

use crate::casefile::{Bless, Player, check_folder};
use crate::say;
use crate::words::{Words, clauses};
use crate::{notation, words};

#[test]
fn turns() {
    check_folder::<Instance>("../../tests/data/turns");
}

pub const NO: InstanceNo = InstanceNo(1);

/// Whether the first turn of a next execution is a commit of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewals {
    Apart,
    InOneCommit,
}

/// An instance as a partition would hold it.
pub struct Instance {
    pub state: State,
    pub head: Option<Head>,
    /// The rows of the present execution.
    pub rows: Vec<Row>,
    pub records: Vec<Record>,
    appended: u64,
    begun: Option<(Begun, Place)>,
    renewals: Renewals,
    /// Whether something was changed that the history does not say: its size, or attempts that began again.
    ahead: bool,
}

impl Player for Instance {
    const BLESS: Bless = Bless::Everything;

    fn begin() -> Self {
        let (state, rows, records) = (State::New, Vec::new(), Vec::new());
        let renewals = Renewals::Apart;
        Self { state, head: None, rows, records, appended: 0, begun: None, renewals, ahead: false }
    }

    fn play(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (word, rest) = line.split_once(' ').ok_or("a word and what belongs to it are expected")?;
        if self.begun.is_some() != (word == "guest") {
            return Err("a turn and a guest line belong together".to_owned());
        }
        match word {
            "have" => self.have(rest).map(|()| Vec::new()),
            "grown" => self.grown(rest).map(|()| Vec::new()),
            "at" => self.at(rest, Gate::Open),
            "in" if rest == "one commit" => {
                self.renewals = Renewals::InOneCommit;
                Ok(Vec::new())
            }
            "held" => self.at(rest, Gate::Closed),
            "rewind" => self.rewind(rest),
            "repin" => self.repin(rest),
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
        self.append(Record { at, events }, Place::Next, state);
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

    fn at(&mut self, rest: &str, gate: Gate) -> Result<Vec<String>, String> {
        let (now, rest) = time(rest)?;
        let mut said = Vec::new();
        let begun = if let Some(start) = rest.strip_prefix("start ") {
            let start = format!("{start} created={}", now.0);
            let mut words = Words::of(&start);
            let begun = Begun::start(notation::started(&mut words)?, now);
            words.end()?;
            begun
        } else {
            self.begin(now, rest, gate, &mut said)?
        };
        match begun.next {
            Next::Nothing => said.push("nothing".to_owned()),
            Next::Record => said.extend(self.finish((begun, Place::Next), Answer::None)),
            Next::First | Next::Turn => self.begun = Some((begun, Place::Next)),
        }
        Ok(said)
    }

    fn begin(&mut self, now: Timestamp, rest: &str, gate: Gate, said: &mut Vec<String>) -> Result<Begun, String> {
        let messages = clauses(rest)?.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
        let State::Live(live) = &mut self.state else { return Err("no execution is under way".to_owned()) };
        // As a partition does when the clock moved.
        if messages.contains(&Message::Due) {
            let retried = live.begin_due_retries(now);
            self.ahead |= !retried.is_empty();
            said.extend(say::runs("run again", live, &retried));
        }
        let mut left = messages.iter().cloned();
        let begun = begin(live, left.by_ref(), gate, now);
        assert_eq!(begun, begin(live, messages.clone(), gate, now), "beginning twice gives the same");
        let is_ready = messages.is_empty() && gate == Gate::Open && live.is_ready(now);
        assert!(!is_ready || matches!(begun.next, Next::First | Next::Turn), "one that is ready plays a turn");
        if begun.stale > 0 {
            said.push(format!("{} stale", begun.stale));
        }
        if left.len() > 0 {
            said.push(format!("{} left", left.len()));
        }
        Ok(begun)
    }

    fn rewind(&mut self, rest: &str) -> Result<Vec<String>, String> {
        let (at, reason) = time(rest)?;
        let State::Failed(live) = &self.state else { return Ok(vec!["it has not failed".to_owned()]) };
        let tasks: Vec<_> = live.rewindable().collect();
        if tasks.is_empty() {
            return Ok(vec!["there is nothing to rewind".to_owned()]);
        }
        let event = Event::Rewound { reason: words::payload(reason)?, tasks };
        let state = fold(self.state.clone(), at, &event).map_err(|error| error.to_string())?;
        Ok(self.commit(Finished::rewound(Record { at, events: vec![event] }, state)))
    }

    fn repin(&mut self, rest: &str) -> Result<Vec<String>, String> {
        let (at, component) = time(rest)?;
        let State::Live(live) = self.state.clone() else { return Err("no execution is under way".to_owned()) };
        Ok(self.commit(Finished::repinned(at, notation::named(component), live)))
    }

    fn guest(&mut self, rest: &str) -> Result<Vec<String>, String> {
        let answer = answer(rest)?;
        let begun = self.begun.take().ok_or("no turn was begun")?;
        Ok(self.finish(begun, answer))
    }

    fn finish(&mut self, (begun, place): (Begun, Place), answer: Answer) -> Vec<String> {
        let given = say::given(&begun);
        let state = std::mem::replace(&mut self.state, State::New);
        let again = finish(state.clone(), self.head.as_ref(), begun.clone(), answer.clone());
        let finished = finish(state, self.head.as_ref(), begun, answer);
        assert_eq!(finished, again, "finishing twice gives the same");
        let finished = finished.expect("messages fit the state that they were begun with");
        let mut said: Vec<_> = given.into_iter().collect();
        if place == Place::Next && self.renewals == Renewals::InOneCommit && finished.only_renews() {
            self.begun = Some((Begun::renewal(finished.record), Place::First));
        } else if place == Place::First {
            said.extend(self.commit(Finished { place, ..finished }));
        } else {
            said.extend(self.commit(finished));
        }
        said
    }

    fn commit(&mut self, finished: Finished) -> Vec<String> {
        let mut said = say::finished(&finished);
        self.append(finished.record, finished.place, finished.state);
        if !self.ahead {
            self.check_restored();
        }
        said.extend(say::state(&self.state));
        let status = self.head.as_ref().and_then(|head| head.custom_status.as_ref());
        said.extend(status.map(|status| format!("custom status {}", notation::show_payload(status))));
        said
    }

    pub fn append(&mut self, record: Record, place: Place, state: State) {
        if place == Place::First {
            self.rows.clear();
            self.records.clear();
            self.ahead = false;
        }
        let prev = self.rows.last().map(|row| Link { seq: row.seq, sum: row.sum });
        let seq = LogSeq(10 + 7 * self.appended);
        let row = seal(NO, seq, prev, &record);
        let head = extend_head(self.head.take(), &row, &record, &state).expect("the first event is a start");
        assert_eq!(record.ended().map(|ended| ended.status()), Some(head.status).filter(|status| status.is_terminal()));
        self.appended += 1;
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
}

/// Reads the step of a guest, or its fault.
pub fn answer(line: &str) -> Result<Answer, String> {
    let mut step = waiting();
    let mut carried: Vec<Raised> = Vec::new();
    for clause in clauses(line)? {
        let mut words = Words::of(clause);
        let word = words.next("a decision")?;
        if !is_waiting(&step) {
            return Err("a guest that ended does nothing more".to_owned());
        }
        match word {
            "wait" => {
                let name = |word| EventName::parse(word).map_err(|error| error.to_string());
                step.status =
                    StepStatus::Waiting { events: words.rest().into_iter().map(name).collect::<Result<_, _>>()? };
            }
            "complete" => step.status = StepStatus::Completed(words.payload("the output")?),
            "fail" => step.status = StepStatus::Failed(notation::failure(&mut words)?),
            "carry" => carried.push(notation::raised(&mut words)?),
            "again" => {
                let input = words.payload("the input")?;
                step.status = StepStatus::ContinuedAsNew { input, carried: std::mem::take(&mut carried) };
            }
            "custom-status" => step.custom_status = Some(words.payload("the value")?),
            "trap" => return Ok(Answer::Fault(notation::failure(&mut words)?)),
            word => {
                step.sources.push(words.key_text("source")?.unwrap_or_default());
                let decision = notation::decision(word, &mut words)?;
                step.decisions.push(decision.ok_or_else(|| format!("{word:?} is not something a guest does"))?);
            }
        }
        words.end()?;
    }
    if carried.is_empty() { Ok(Answer::Step(step)) } else { Err("who carries events goes on again".to_owned()) }
}

/// A step in which nothing was decided.
pub fn waiting() -> Step {
    let (decisions, sources, logs) = (Vec::new(), Vec::new(), Vec::new());
    Step { decisions, sources, status: StepStatus::Waiting { events: Vec::new() }, custom_status: None, logs }
}

pub fn is_waiting(step: &Step) -> bool {
    matches!(step.status, StepStatus::Waiting { .. })
}

fn message(clause: &str) -> Result<Message, String> {
    let mut words = Words::of(clause);
    let message = match words.next("a message")? {
        "done" => {
            let of = notation::attempted(&mut words)?;
            Message::TaskDone { of, outcome: Ok(words.payload("the output")?) }
        }
        "fail" => {
            let of = notation::attempted(&mut words)?;
            Message::TaskDone { of, outcome: Err(notation::failure(&mut words)?) }
        }
        "due" => Message::Due,
        "raise" => Message::Raised(notation::raised(&mut words)?),
        "suspend" => Message::Suspend { reason: words.payload("the reason")? },
        "resume" => Message::Resume { reason: words.payload("the reason")? },
        "terminate" => {
            let reach = notation::reach(&mut words);
            Message::Terminate { reason: words.payload("the reason")?, reach }
        }
        other => return Err(format!("{other:?} is not a message")),
    };
    words.end()?;
    Ok(message)
}

/// Reads a time, and gives what stands behind it.
pub fn time(rest: &str) -> Result<(Timestamp, &str), String> {
    let (at, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok((Timestamp(words::parse(at, "a time")?), rest))
}
