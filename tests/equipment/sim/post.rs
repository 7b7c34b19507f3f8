//! What must hold of letters: each is posted with what makes it necessary, and taken once, with its effect or because it
//! can have none.

use std::collections::{BTreeMap, BTreeSet};

use kernel::codec::open_letter;
use kernel::model::{
    Afresh, Attempted, Ended, Failure, InstanceId, InstanceNo, Letter, LetterNo, Parent, Payload, Raised, kind,
};
use kernel::port::Batch;

use super::books::Books;
use super::ledger::Checked;
use super::marks::{Mark, Marks};

/// One attempt of one task of one instance.
pub type Attempt = (InstanceNo, Attempted);

/// What the rows of a batch are about, as far as letters are concerned.
#[derive(Debug, Default)]
pub struct News {
    /// Events that were sent, in order.
    pub sent: Vec<(InstanceId, Raised)>,
    /// Events that came.
    pub heard: Vec<(InstanceId, Raised)>,
    /// Children that are to begin, or to go on.
    pub asked: Vec<Attempt>,
    /// Children that were waited for before.
    pub waited: BTreeSet<Attempt>,
    /// Children that are not wanted any more.
    pub unwanted: BTreeSet<Attempt>,
    /// Children that answered.
    pub answered: Vec<(Attempt, Result<Payload, Failure>)>,
    /// Instances that had ended and go on.
    pub rewound: BTreeSet<InstanceId>,
    /// Children that began.
    pub began: Vec<Parent>,
    /// Children that ended.
    pub ended: Vec<(InstanceId, Parent, Ended)>,
}

/// What is known of letters and of what they bring.
#[derive(Debug, Default)]
pub struct Post {
    /// Those that were not taken, and the commit that they were posted with.
    open: BTreeMap<LetterNo, (Letter, u64)>,
    next: u64,
    heard: BTreeSet<String>,
    /// The last event that came from each sender to each target.
    order: BTreeMap<(InstanceId, String), u64>,
    began: BTreeSet<Attempt>,
    refused: BTreeSet<Attempt>,
}

impl Post {
    /// Whether an event came to somebody, and that is durable.
    pub fn has_heard(&self, input: &Payload) -> bool {
        self.heard.contains(input.as_str())
    }

    /// The letters that were not taken.
    pub fn open(&self) -> impl Iterator<Item = &Letter> {
        self.open.values().map(|(letter, _)| letter)
    }

    /// The letters of a batch, whose rows the books hold already.
    pub fn batch(&mut self, books: &Books, batch: &Batch, news: &News, commit: u64, marks: &mut Marks) -> Checked {
        let taken: Vec<_> = batch.takes.iter().filter_map(|no| self.open.get(no)).map(|(letter, _)| letter).collect();
        self.effects(&taken, news, marks)?;
        for (to, event) in &news.heard {
            self.hear(to, &event.input)?;
        }
        let mut posted = Vec::new();
        for sealed in &batch.posts {
            let letter = open_letter(sealed)?;
            if sealed.no.0 < self.next {
                return Err(format!("letter {} has the number of another one", sealed.no.0));
            }
            self.next = sealed.no.0 + 1;
            posted.push((sealed.no, letter));
        }
        self.posted(books, news, &posted)?;
        for no in &batch.takes {
            let Some((letter, posted)) = self.open.remove(no) else {
                return Err(format!("letter {} is taken and is not there", no.0));
            };
            self.taken(books, news, &letter, posted, marks).map_err(|what| format!("{letter:?}: {what}"))?;
        }
        self.open.extend(posted.into_iter().map(|(no, letter)| (no, (letter, commit))));
        Ok(())
    }

    /// What letters bring is committed together with their being taken.
    fn effects(&self, taken: &[&Letter], news: &News, marks: &mut Marks) -> Checked {
        for (to, event) in &news.heard {
            let is_it = |letter: &&Letter| matches!(letter, Letter::Raise { event: sent, .. } if sent == event);
            let is_posted = self.open.values().any(|(letter, _)| is_it(&letter));
            if is_posted && !taken.iter().any(is_it) {
                return Err(format!("{to} has {event:?} and its letter is not taken"));
            }
            if is_posted {
                marks.hit(Mark::EventFromInstance);
            }
        }
        for ((no, of), outcome) in &news.answered {
            let is_it = |letter: &&Letter| matches!(letter, Letter::ChildDone { to, of: done, outcome: told } if (to, done) == (no, of) && told == outcome);
            if !taken.iter().any(is_it) {
                return Err(format!("#{} has an answer of a child that did not give it: {of:?} {outcome:?}", no.0));
            }
            marks.hit(Mark::ChildAnswered);
        }
        for parent in &news.began {
            let is_it = |letter: &&&Letter| matches!(letter, Letter::Start { spec, .. } if spec.parent.as_ref() == Some(parent));
            let Some(Letter::Start { after, .. }) = taken.iter().find(is_it) else {
                return Err(format!("a child of {parent} began without being asked"));
            };
            if self.began.contains(&(parent.no, parent.attempted)) && *after == Afresh::Always {
                return Err(format!("a child of {parent} began twice"));
            }
        }
        Ok(())
    }

    fn hear(&mut self, to: &InstanceId, input: &Payload) -> Checked {
        if !self.heard.insert(input.as_str().to_owned()) {
            return Err(format!("{to} hears {input:?} twice"));
        }
        let text = input.as_str().trim_matches('"');
        let (sender, count) = text.split_once('.').ok_or("an event has no number")?;
        let count: u64 = count.parse().map_err(|_| "an event has no number")?;
        match self.order.insert((to.clone(), sender.to_owned()), count) {
            Some(before) if before >= count => Err(format!("{to} hears {count} of {sender} after {before}")),
            Some(_) | None => Ok(()),
        }
    }

    /// What is necessary is posted, and nothing else.
    fn posted(&mut self, books: &Books, news: &News, posted: &[(LetterNo, Letter)]) -> Checked {
        let mut sent = news.sent.iter();
        let mut started = BTreeSet::new();
        let mut stopped = BTreeSet::new();
        let mut ended: Vec<_> = news.ended.iter().collect();
        for (_, letter) in posted {
            match letter {
                Letter::Raise { to, event } => {
                    if sent.next() != Some(&(to.clone(), event.clone())) {
                        return Err(format!("{event:?} is sent to {to} out of order or by nobody"));
                    }
                }
                Letter::Start { spec, .. } => {
                    let parent = spec.parent.as_ref().ok_or("a letter starts what is no child")?;
                    let attempt = (parent.no, parent.attempted);
                    if !news.waited.contains(&attempt)
                        && !books.get(parent.no).is_some_and(|ledger| ledger.waits_for(parent.attempted))
                    {
                        return Err(format!("a child of {parent} is started, for whom nobody waits"));
                    }
                    started.insert(attempt);
                }
                Letter::Terminate { child_of, .. } => {
                    stopped.insert((child_of.no, child_of.attempted));
                }
                Letter::ChildDone { to, of, outcome } => {
                    let is_it = |(_, parent, end): &&(InstanceId, Parent, Ended)| {
                        (parent.no, parent.attempted) == (*to, *of) && is_outcome(outcome, end)
                    };
                    match ended.iter().position(is_it) {
                        Some(place) => {
                            ended.remove(place);
                        }
                        None if is_refusal(outcome) => {
                            self.refused.insert((*to, *of));
                        }
                        None => return Err(format!("#{} is told {outcome:?} of no child's end", to.0)),
                    }
                }
            }
        }
        if let Some((to, event)) = sent.next() {
            return Err(format!("{event:?} is not sent to {to}"));
        }
        if let Some((id, parent, _)) = ended.first() {
            return Err(format!("{id} ended and {parent} is not told"));
        }
        let wanted = |(no, of): &&Attempt| books.get(*no).is_some_and(|ledger| ledger.waits_for(*of));
        if let Some((no, of)) = news.asked.iter().filter(wanted).find(|attempt| !started.contains(*attempt)) {
            return Err(format!("the child {of:?} of #{} is not started", no.0));
        }
        if let Some((no, of)) = news.unwanted.difference(&stopped).next() {
            return Err(format!("the child {of:?} of #{} is not stopped", no.0));
        }
        if let Some((no, of)) = stopped.iter().find(wanted) {
            return Err(format!("the child {of:?} of #{} is stopped and wanted", no.0));
        }
        self.began.extend(news.began.iter().map(|parent| (parent.no, parent.attempted)));
        Ok(())
    }

    /// Whether a letter is under way that starts a child.
    fn will_start(&self, parent: &Parent) -> bool {
        let starts =
            |letter: &Letter| matches!(letter, Letter::Start { spec, .. } if spec.parent.as_ref() == Some(parent));
        self.open.values().any(|(letter, _)| starts(letter))
    }

    /// A letter is gone: it has had its effect, or can have none.
    fn taken(&self, books: &Books, news: &News, letter: &Letter, posted: u64, marks: &mut Marks) -> Checked {
        match letter {
            Letter::Raise { to, event } => {
                if news.heard.iter().any(|(_, heard)| heard == event) {
                    return Ok(());
                }
                // What came before a rewind came too late.
                let may_hear = books.alive(to).is_some() && !news.rewound.contains(to);
                if may_hear && !books.began_after(to, posted) {
                    return Err("it is taken and nobody heard of it".to_owned());
                }
                marks.hit(Mark::EventForNobody);
            }
            Letter::ChildDone { to, of, .. } => {
                // A parent that is rewound after it came too late asks its child again.
                let asks_again = news.asked.contains(&(*to, *of));
                if !asks_again && books.get(*to).is_some_and(|ledger| ledger.waits_for(*of)) {
                    return Err("it is taken and its parent still waits".to_owned());
                }
                if !news.answered.iter().any(|(attempt, _)| *attempt == (*to, *of)) {
                    marks.hit(Mark::ChildAnsweredNobody);
                }
            }
            Letter::Start { spec, .. } => {
                let parent = spec.parent.as_ref().ok_or("a letter starts what is no child")?;
                let attempt = (parent.no, parent.attempted);
                if self.refused.contains(&attempt) {
                    marks.hit(Mark::ChildRefused);
                } else if !self.began.contains(&attempt) && !self.will_start(parent) {
                    return Err("it is taken and there is no child".to_owned());
                }
            }
            Letter::Terminate { to, child_of, .. } => {
                if books.is_alive_child(to, child_of) || self.will_start(child_of) {
                    return Err("it is taken and the child goes on".to_owned());
                }
            }
        }
        Ok(())
    }
}

fn is_outcome(outcome: &Result<Payload, Failure>, end: &Ended) -> bool {
    match (outcome, end) {
        (Ok(output), Ended::Completed(returned)) => output == returned,
        (Err(failure), Ended::Failed(cause)) => failure.is(kind::CHILD_FAILED) && failure.is(&cause.kind),
        (Err(failure), Ended::Terminated(_)) => failure.is(kind::TERMINATED),
        (_, _) => false,
    }
}

fn is_refusal(outcome: &Result<Payload, Failure>) -> bool {
    outcome.as_ref().is_err_and(|failure| failure.is(kind::CHILD_EXISTS) || failure.is(kind::NOT_FOUND))
}
