//! What must hold whatever happens: of everything that is committed, carried out and at the end left behind.
//!
//! It sees what the world sees, batches and effects, and nothing of the partition's inside.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{Attempted, ComponentDigest, InstanceId, InstanceNo, Letter, Payload, Timestamp};
use kernel::orchestration::Held;
use kernel::partition::TaskRun;

use super::blobs::{Library, MISSING};
use super::books::Books;
use super::component::{FICKLE, Home};
use super::entity::Deed;
use super::ledger::{Checked, Ledger, What};
use super::marks::{Mark, Marks};
use super::native::Native;
use super::post::Post;
use super::registry::Registry;
use super::renewal::{Renewal, Renewals};
use super::store::{Chain, Condition, MemStore};
use super::verdict;

/// What the checker knows.
#[derive(Debug, Default)]
pub struct Checker {
    library: Library,
    books: Books,
    post: Post,
    /// What is known of entities.
    pub registry: Registry,
    commits: u64,
    /// Every attempt of an activity that ever began.
    began: BTreeSet<(InstanceNo, Attempted)>,
    /// Every attempt that began in this life of the host.
    began_now: BTreeSet<(InstanceNo, Attempted)>,
    playing: BTreeSet<InstanceNo>,
    renewals: BTreeMap<InstanceNo, Renewals>,
    held: BTreeMap<InstanceId, Held>,
    /// The starts that were asked for, by their seeds.
    asked: BTreeSet<u64>,
    /// The starts that are durable or were, by their seeds, which are unique.
    durable: BTreeSet<u64>,
    /// Those whose callers know.
    acknowledged: BTreeSet<u64>,
    /// Those of whom a caller was told that they are not.
    refused: BTreeSet<u64>,
    /// Events of which a caller was told that nobody will hear of them.
    unheard: BTreeSet<String>,
    /// Why instances may be terminated.
    reasons: BTreeSet<String>,
    purged: BTreeSet<InstanceId>,
    /// Instances whose replay should have been refused.
    believed: BTreeSet<InstanceNo>,
    life: u32,
}

impl Checker {
    /// Nothing happened yet.
    pub fn new(library: Library) -> Self {
        let (post, registry) = (Post::new(library.clone()), Registry::new(library.clone()));
        Self { library, post, registry, ..Self::default() }
    }

    /// What payloads say, wherever they are.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The durable history of an instance.
    pub fn ledger(&self, no: InstanceNo) -> Option<&Ledger> {
        self.books.get(no)
    }

    /// All durable histories.
    pub fn ledgers(&self) -> impl Iterator<Item = (InstanceNo, &Ledger)> {
        self.books.all()
    }

    /// Why an instance is held, if it is.
    pub fn held(&self, id: &InstanceId) -> Option<&Held> {
        self.held.get(id)
    }

    /// All that is held.
    pub fn all_held(&self) -> impl Iterator<Item = (&InstanceId, &Held)> {
        self.held.iter()
    }

    /// Whether an instance plays a turn.
    pub fn is_playing(&self, no: InstanceNo) -> bool {
        self.playing.contains(&no)
    }

    /// Whether an event came to whom it was for, and that is durable.
    pub fn has_heard(&self, input: &Payload) -> bool {
        self.post.has_heard(input)
    }

    /// Whether a letter with an operation waits to be taken, or was.
    pub fn is_posted(&self, token: &str) -> bool {
        self.post.open().any(|letter| match letter {
            Letter::Operate { operation, .. } => {
                Deed::read(&operation.name, &self.library.read(&operation.input)).1 == token
            }
            _ => false,
        })
    }

    /// Somebody asks for a start.
    pub fn start(&mut self, seed: u64) {
        self.asked.insert(seed);
    }

    /// Whether a start is durable, or was.
    pub fn has_started(&self, seed: u64) -> bool {
        self.durable.contains(&seed)
    }

    /// The caller of a start knows that it is durable.
    pub fn acknowledge(&mut self, seed: u64) {
        self.acknowledged.insert(seed);
    }

    /// The caller of a start was told that it will never be.
    pub fn refuse(&mut self, seed: u64) {
        self.refused.insert(seed);
    }

    /// The sender of an event was told that nobody will hear of it.
    pub fn unheard(&mut self, input: Payload) {
        self.unheard.insert(self.library.read(&input));
    }

    /// Somebody asks for the end of an instance.
    pub fn terminate(&mut self, reason: &Payload) {
        self.reasons.insert(reason.shown().into_owned());
    }

    /// Somebody asks for an instance to be deleted.
    pub fn purge(&mut self, id: InstanceId) {
        self.purged.insert(id);
    }

    /// The host crashed: what was under way is not any more.
    pub fn crash(&mut self) {
        self.life += 1;
        self.playing.clear();
        self.began_now.clear();
        self.held.clear();
        self.renewals.clear();
        self.registry.crash();
    }

    /// A turn begins.
    pub fn play(&mut self, no: InstanceNo) -> Checked {
        if self.playing.insert(no) { Ok(()) } else { Err(format!("#{} plays two turns at once", no.0)) }
    }

    /// A turn is over.
    pub fn played(&mut self, no: InstanceNo) {
        self.playing.remove(&no);
    }

    /// A guest wants to continue as new.
    pub fn renews(&mut self, no: InstanceNo, renewal: Renewal) {
        self.renewals.entry(no).or_default().add(renewal);
    }

    /// A history was replayed and nothing was found wrong with it.
    pub fn replayed(&mut self, no: InstanceNo, component: ComponentDigest) {
        let Some(ledger) = self.books.get(no) else { return };
        // A lock it asks for truly.
        if component == FICKLE && ledger.tasks.values().any(|task| !matches!(task.what, What::Lock(_))) {
            self.believed.insert(no);
        }
    }

    /// An instance is held: there must be a reason.
    pub fn hold(
        &mut self,
        native: &Native,
        id: InstanceId,
        chain: Option<&Chain>,
        held: Held,
        marks: &mut Marks,
    ) -> Checked {
        let home = chain.and_then(|chain| native.program(&chain.head.name)).map(|program| program.home);
        let (mark, just) = match &held {
            Held::Diverged(divergence) => (Mark::HeldDiverged, divergence.played_by == FICKLE),
            Held::Damaged(_) => (Mark::HeldDamaged, chain.is_some_and(|chain| chain.condition == Condition::Damaged)),
            Held::Blob { why, .. } => (Mark::HeldBlob, why == MISSING),
            Held::Unavailable(why) => {
                let is_told = ["could not be read", "it is shaky"].iter().any(|reason| why.contains(reason));
                (Mark::HeldUnavailable, is_told || home.is_none_or(|home| home != Home::Solid))
            }
        };
        marks.hit(if id.is_entity() && mark == Mark::HeldDamaged { Mark::EntityDamaged } else { mark });
        if !just {
            return Err(format!("{id} is held without reason: {held}"));
        }
        self.held.insert(id, held);
        Ok(())
    }

    /// An instance is not held any more.
    pub fn release(&mut self, id: &InstanceId, marks: &mut Marks) {
        let held = self.held.remove(id).filter(|_| id.is_entity());
        match held {
            Some(Held::Blob { .. }) => marks.hit(Mark::EntityReleasedByRetry),
            Some(Held::Unavailable(_)) => marks.hit(Mark::EntityReleasedByDeploy),
            Some(Held::Damaged(_) | Held::Diverged(_)) | None => {}
        }
    }

    /// An attempt begins: what caused it must be durable, and it must be needed.
    pub fn run(&mut self, run: &TaskRun, now: Timestamp, marks: &mut Marks) -> Checked {
        let fail = |what: &str| Err(format!("#{} {:?}: {what}", run.no.0, run.of));
        let Some(ledger) = self.books.get(run.no) else { return fail("it runs before its start is durable") };
        let Some(task) = ledger.tasks.get(&run.of.task) else { return fail("it runs before it is durable") };
        if !ledger.waits_for(run.of) || task.what != What::Activity(run.input.clone()) {
            return fail("it runs although its result is recorded or not wanted, or is not what history asks for");
        }
        if run.of.attempt > 1 {
            if now < task.not_before {
                return fail("it runs before its time");
            }
            marks.hit(Mark::RetryFired);
            if task.failed_in != Some(self.life) {
                marks.hit(Mark::RetryFiredAfterCrash);
            }
        }
        if !self.began_now.insert((run.no, run.of)) {
            return fail("it runs twice");
        }
        if !self.began.insert((run.no, run.of)) {
            marks.hit(Mark::RecoveredWithOpenTasks);
        }
        Ok(())
    }

    /// What was promised to callers is kept.
    pub fn promises(&self, store: &MemStore) -> Checked {
        if let Some(seed) = self.acknowledged.difference(&self.durable).next() {
            return Err(format!("the start with seed {seed} was acknowledged and is not durable"));
        }
        if let Some(seed) = self.refused.intersection(&self.durable).next() {
            return Err(format!("the start with seed {seed} was refused and is durable"));
        }
        let is_heard = |input: &&String| self.has_heard(&Payload::trusted(input.as_bytes()));
        if let Some(input) = self.unheard.iter().find(is_heard) {
            return Err(format!("the event {input} was refused and came"));
        }
        if let Some(no) = self.believed.first() {
            return Err(format!("#{} decided otherwise when it was replayed, and was believed", no.0));
        }
        match self.books.all().find(|(no, _)| store.chain(*no).is_none()) {
            Some((no, _)) => Err(format!("#{} is lost", no.0)),
            None => self.registry.promises(),
        }
    }

    /// Everything came to its end, and every history can be read and played again.
    pub fn finish(&self, store: &MemStore, native: &Native) -> Checked {
        self.promises(store)?;
        self.registry.finish()?;
        if let Some(letter) = self.post.open().next() {
            return Err(format!("{letter:?} was never taken"));
        }
        for (no, ledger) in self.books.all() {
            let id = &ledger.started.id;
            let chain = store.chain(no).ok_or_else(|| format!("{id} is lost"))?;
            if ledger.ended.is_none() {
                return Err(format!("{id} (#{}) is stuck", no.0));
            }
            if self.held.contains_key(id) {
                return Err(format!("{id} (#{}) has ended and is held", no.0));
            }
            if chain.condition == Condition::Sound {
                verdict::prefixes(native, &self.library, chain).map_err(|what| format!("{id}: {what}"))?;
            }
        }
        Ok(())
    }
}
