//! WASI without a world, for the roles that are replayed: what a turn is given answers what it asks.
//!
//! Stock toolchains import WASI whether or not it is used. Here each import of a component is either answered from what
//! the turn was given, its time and its seed, or it fails and says what to use instead. It knows neither the clock nor
//! the chance of the host. The same component that is given the same turns gets the same answers, on every machine.
//!
//! No answer keeps anything for a guest but the lines that it writes: all pollables are alike, and so are all streams of
//! a kind, so a resource is only a number.

mod answer;
mod chance;
mod clocks;
mod command;
mod denied;
mod output;
mod random;
mod streams;
mod types;
mod world;

pub(crate) use denied::ImportDenied;
pub(crate) use world::World;

use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

use self::answer::Answer;
use crate::imports::{depends_on_turn, without_version};
use crate::journaled::State;

const ANSWERS: [&[Answer]; 4] = [clocks::ANSWERS, random::ANSWERS, command::ANSWERS, streams::ANSWERS];

/// Whether the answers that a component is given depend on the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// It asks for nothing that does. Turns may be played to it in any number.
    Nothing,
    /// A [`World`], which is of one turn.
    World,
}

/// Defines every import of a component, and says what has to stand behind them.
pub(crate) fn link(component: &Component, linker: &mut Linker<State>) -> wasmtime::Result<Surroundings> {
    let engine = component.engine();
    let mut imports = Imports { engine, resources: Vec::new() };
    let mut surroundings = Surroundings::Nothing;
    for (name, import) in component.component_type().imports(engine) {
        imports.define(&mut linker.root(), "", name, &import.ty)?;
        if depends_on_turn(name) && has_functions(engine, &import.ty) {
            surroundings = Surroundings::World;
        }
    }
    Ok(surroundings)
}

fn has_functions(engine: &Engine, item: &ComponentItem) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else { return false };
    instance.exports(engine).any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
}

/// The imports of a component, as far as they are defined.
struct Imports<'a> {
    engine: &'a Engine,
    /// As the component tells them apart.
    resources: Vec<ResourceType>,
}

impl Imports<'_> {
    fn define(
        &mut self,
        linker: &mut LinkerInstance<'_, State>,
        interface: &str,
        name: &str,
        item: &ComponentItem,
    ) -> wasmtime::Result<()> {
        match item {
            ComponentItem::ComponentFunc(_) => match find(without_version(interface), name) {
                Some(answer) => (answer.define)(linker, name),
                None => denied::define(linker, interface, name),
            },
            // What an interface uses of another one is defined there.
            ComponentItem::Resource(resource) if self.resources.contains(resource) => Ok(()),
            ComponentItem::Resource(resource) => {
                self.resources.push(*resource);
                linker.resource(name, types::resource(without_version(interface), name), |_, _| Ok(()))
            }
            ComponentItem::ComponentInstance(instance) => {
                let (engine, mut inner) = (self.engine, linker.instance(name)?);
                let mut exports = instance.exports(engine);
                exports.try_for_each(|(export, item)| self.define(&mut inner, name, export, &item.ty))
            }
            ComponentItem::Type(_) => Ok(()),
            ComponentItem::CoreFunc(_) | ComponentItem::Module(_) | ComponentItem::Component(_) => {
                Err(wasmtime::Error::msg(format!("the import `{name}` is neither a function nor an interface")))
            }
        }
    }
}

fn find(interface: &str, function: &str) -> Option<&'static Answer> {
    let mut all = ANSWERS.into_iter().flatten();
    all.find(|answer| answer.interface == interface && answer.function == function)
}
