//! A sandbox whose guests are plain Rust, and the components that they are in.

use std::cell::Cell;
use std::rc::Rc;

use kernel::model::{ComponentDigest, EntityBatch, EntityId, Failure, FunctionName, Start, Step, kind};
use kernel::orchestration::Held;
use kernel::partition::{Applied, Pick};
use kernel::port::{Sandbox, TurnFault};

use super::component::{Availability, Release, Served, Shelf};
use super::entity::{self, NAMES, entity_id};
use super::guest::Guest;
use super::program::{Program, name};

/// The programs of a simulation and whether they can be played.
#[derive(Debug, Clone)]
pub struct Native {
    programs: Vec<Rc<Program>>,
    shelf: Rc<Cell<Shelf>>,
}

impl Native {
    /// A sandbox that has these programs.
    pub fn new(programs: Vec<Program>) -> Self {
        let programs = programs.into_iter().map(Rc::new).collect();
        let shelf = Shelf { shaky: Availability::There, release: Release::First };
        Self { programs, shelf: Rc::new(Cell::new(shelf)) }
    }

    /// The program of that name.
    pub fn program(&self, name: &FunctionName) -> Option<&Rc<Program>> {
        self.programs.get(name.as_str().strip_prefix('p')?.parse::<usize>().ok()?)
    }

    /// The programs, in order of their names.
    pub fn programs(&self) -> &[Rc<Program>] {
        &self.programs
    }

    /// Makes the shaky component come or go.
    pub fn shake(&self, shaky: Availability) {
        self.shelf.set(Shelf { shaky, ..self.shelf.get() });
    }

    /// Deploys what was late and what is mended.
    pub fn release(&self) {
        self.shelf.set(Shelf { release: Release::Second, ..self.shelf.get() });
    }

    /// Which component serves a function.
    pub fn serving(&self, name: &FunctionName) -> Option<ComponentDigest> {
        self.shelf.get().serving(self.program(name)?.home)
    }

    /// Every function that is served.
    pub fn served(&self) -> Vec<Served> {
        let names = (0..self.programs.len()).map(name);
        let programs = names.filter_map(|name| Some((name.clone(), self.serving(&name)?)));
        let entities = NAMES.iter().map(|name| entity_id(name, ""));
        let entities = entities.filter_map(|id| Some((id.name(), self.serving_entity(&id)?)));
        programs.chain(entities).collect()
    }

    /// Which component serves an entity.
    pub fn serving_entity(&self, id: &EntityId) -> Option<ComponentDigest> {
        self.shelf.get().serving(entity::home(id)?)
    }

    /// Runs a batch of an entity, by the component that serves it now or else by the one that ran the one before.
    pub fn apply(&self, before: Option<ComponentDigest>, batch: &EntityBatch) -> Applied {
        let Some(component) = self.serving_entity(&batch.id).or(before) else {
            return Applied::NoFunction(Failure::host(kind::NOT_FOUND, format!("no component has {}", batch.id)));
        };
        if !self.is_there(component) {
            return Applied::Held(Held::Unavailable("it is shaky".to_owned()));
        }
        Applied::Ran { component, outcome: entity::apply(batch) }
    }

    /// Whether a component has a function.
    pub fn has(&self, component: ComponentDigest, name: &FunctionName) -> bool {
        self.program(name).is_some_and(|program| self.shelf.get().has(component, program.home))
    }

    /// The component that plays a first turn, if any has the function.
    pub fn pick(
        &self,
        component: ComponentDigest,
        pick: Pick,
        name: &FunctionName,
    ) -> Result<ComponentDigest, Failure> {
        let serving = self.serving(name);
        let picked = match pick {
            Pick::Pinned => Some(component),
            Pick::OwnFirst if self.has(component, name) => Some(component),
            Pick::OwnFirst => serving,
            Pick::Serving => serving.or(Some(component)),
        };
        picked.ok_or_else(|| Failure::host(kind::NOT_FOUND, format!("no component has {name}")))
    }

    /// Whether a component can be played now.
    pub fn is_there(&self, component: ComponentDigest) -> bool {
        self.shelf.get().is_there(component)
    }
}

impl Sandbox for Native {
    type Session = Guest;

    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Guest, Step), TurnFault> {
        if !self.is_there(component) {
            return Err(TurnFault::Unavailable("it is shaky".to_owned()));
        }
        match self.program(&start.name) {
            Some(program) if self.has(component, &start.name) => Guest::open(program, component, start),
            _ => Err(TurnFault::Unavailable(format!("{component:?} does not have {}", start.name))),
        }
    }
}
