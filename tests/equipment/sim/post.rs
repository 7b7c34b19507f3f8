//! What must hold of letters: each is posted with what makes it necessary, and taken once, with its effect or because it
//! can have none.

use std::collections::{BTreeMap, BTreeSet};

use kernel::codec::open_letter;
use kernel::model::{
    Afresh, Attempted, Ended, EntityId, Failure, Holder, InstanceId, InstanceNo, Letter, LetterNo, LockSet, Parent,
    Payload, Raised, kind,
};
use kernel::port::Batch;

use super::blobs::Library;
use super::books::Books;
use super::ledger::Checked;
use super::marks::{Mark, Marks};
use super::pool::{Dispatch, Open, Pool, Rest, Sender};
use super::registry::{Registry, Touched};

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
    /// What is to be sent to entities, in order.
    pub dispatched: Vec<(InstanceNo, Dispatch)>,
    /// Critical sections that were granted.
    pub granted: Vec<(Holder, LockSet)>,
    /// Instances whose history is damaged: what they had locked nobody knows.
    pub damaged: BTreeSet<InstanceNo>,
    /// What becomes of entities.
    pub touched: BTreeMap<EntityId, Touched>,
}

/// What a batch is looked at with.
#[derive(Debug)]
pub struct Desk<'a> {
    /// What is durable of orchestrations.
    pub books: &'a Books,
    /// What is durable of entities.
    pub registry: &'a mut Registry,
    /// The starts that somebody asked for, by their seeds.
    pub asked: &'a mut BTreeSet<u64>,
    /// Those that are durable.
    pub durable: &'a BTreeSet<u64>,
    /// The number of the commit.
    pub commit: u64,
}

/// What is known of letters and of what they bring.
#[derive(Debug, Default)]
pub struct Post {
    library: Library,
    /// Those that were not taken.
    open: BTreeMap<LetterNo, Open>,
    next: u64,
    heard: BTreeSet<String>,
    /// The last event that came from each sender to each target.
    order: BTreeMap<(InstanceId, String), u64>,
    began: BTreeSet<Attempt>,
    refused: BTreeSet<Attempt>,
}

impl Post {
    /// No letter was posted yet.
    pub fn new(library: Library) -> Self {
        Self { library, ..Self::default() }
    }

    /// Whether an event came to somebody, and that is durable.
    pub fn has_heard(&self, input: &Payload) -> bool {
        self.heard.contains(&self.library.read(input))
    }

    /// The letters that were not taken.
    pub fn open(&self) -> impl Iterator<Item = &Letter> {
        self.open.values().map(|open| &open.letter)
    }

    /// The letters of a batch, whose rows the books hold already.
    pub fn batch(&mut self, desk: Desk<'_>, batch: &Batch, news: &mut News, marks: &mut Marks) -> Checked {
        let Desk { books, registry, asked, durable, commit } = desk;
        let taken: Vec<_> = batch.takes.iter().filter_map(|no| Some((*no, self.open.get(no)?.clone()))).collect();
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
        for (_, letter) in &posted {
            if let Letter::Operate { to, operation, .. } = letter {
                registry.post(to, operation);
            }
        }
        let mut pool = Pool::new(taken, posted.clone());
        dispatched(&mut pool, books, news)?;
        pool.expect_clients(&self.library, |to, token| registry.is_asked(to, token), asked);
        registry.batch(std::mem::take(&mut news.touched), &mut pool, marks)?;
        news.granted.iter().try_for_each(|(holder, set)| registry.granted(*holder, set.entities()))?;
        asked.extend(pool.started.iter().map(|(_, seed)| *seed));
        let Rest { letters, senders } = pool.rest()?;
        self.posted(books, news, &letters)?;
        for no in &batch.takes {
            let Some(Open { letter, commit, .. }) = self.open.remove(no) else {
                return Err(format!("letter {} is taken and is not there", no.0));
            };
            if let Letter::Start { id, seed, spec, .. } = &letter
                && spec.parent.is_none()
            {
                match (durable.contains(seed), books.find(id)) {
                    (true, _) => marks.hit(Mark::StartedByEntity),
                    (false, Some(_)) => marks.hit(Mark::StartByEntityIgnored),
                    (false, None) => return Err(format!("{letter:?} is taken and started nothing")),
                }
                continue;
            }
            self.taken(books, news, &letter, commit, marks).map_err(|what| format!("{letter:?}: {what}"))?;
        }
        let open = |(no, letter)| {
            let sender = senders.get(&no).cloned().unwrap_or(Sender::Client);
            (no, Open { letter, commit, sender })
        };
        self.open.extend(posted.into_iter().map(open));
        Ok(())
    }

    /// What letters bring is committed together with their being taken.
    fn effects(&self, taken: &[(LetterNo, Open)], news: &News, marks: &mut Marks) -> Checked {
        let taken: Vec<&Letter> = taken.iter().map(|(_, open)| &open.letter).collect();
        for (to, event) in &news.heard {
            let is_it = |letter: &&Letter| matches!(letter, Letter::Raise { event: sent, .. } if sent == event);
            let is_posted = self.open.values().any(|open| is_it(&&open.letter));
            if is_posted && !taken.iter().any(is_it) {
                return Err(format!("{to} has {event:?} and its letter is not taken"));
            }
            if is_posted {
                marks.hit(Mark::EventFromInstance);
            }
        }
        for ((no, of), outcome) in &news.answered {
            let is_it = |letter: &&Letter| matches!(letter, Letter::TaskDone { to, of: done, outcome: told } if (to, done) == (no, of) && told == outcome);
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
        let text = self.library.read(input);
        if !self.heard.insert(text.clone()) {
            return Err(format!("{to} hears {input:?} twice"));
        }
        let text = text.trim_matches('"');
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
                Letter::Operate { .. } | Letter::Lock { .. } | Letter::Unlock { .. } => {}
                Letter::TaskDone { to, of, outcome } => {
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
        self.open.values().any(|open| starts(&open.letter))
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
            Letter::TaskDone { to, of, .. } => {
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
            // The registry has looked at those.
            Letter::Operate { .. } | Letter::Lock { .. } | Letter::Unlock { .. } => {}
        }
        Ok(())
    }
}

/// What orchestrations want of entities is sent, unless they changed their minds with the same record.
fn dispatched(pool: &mut Pool, books: &Books, news: &News) -> Checked {
    for (no, dispatch) in &news.dispatched {
        let waits_for = |of: Attempted| books.get(*no).is_some_and(|ledger| ledger.waits_for(of));
        let is_wanted = match dispatch {
            Dispatch::Call { of, .. } => waits_for(*of),
            Dispatch::Lock { holder: Holder { execution, task, .. }, .. } => {
                waits_for(Attempted { execution: *execution, task: *task, attempt: 1 })
            }
            Dispatch::Signal { .. } | Dispatch::Unlock { .. } => true,
        };
        if is_wanted {
            let sent = pool.expect_dispatch(*no, dispatch);
            if !news.damaged.contains(no) {
                sent?;
            }
        }
    }
    Ok(())
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
