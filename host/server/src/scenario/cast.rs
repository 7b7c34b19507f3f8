//! Which component plays which function in a scenario: what the catalogue of a hub is to a host.
//!
//! It knows names and digests only. Of several components with the same function the last one serves it, as if they had been
//! deployed in their order.

use kernel::model::{ComponentDigest, Failure, Function, FunctionKind, FunctionName, kind};
use kernel::partition::Pick;

/// Who plays what.
#[derive(Debug, Clone, Default)]
pub struct Cast(Vec<Member>);

#[derive(Debug, Clone)]
struct Member {
    component: ComponentDigest,
    kind: FunctionKind,
    name: FunctionName,
}

impl Cast {
    /// Adds a component and what it can do.
    pub fn add(&mut self, component: ComponentDigest, functions: &[Function]) {
        let member = |function: &Function| Member { component, kind: function.kind, name: function.name.clone() };
        self.0.extend(functions.iter().map(member));
    }

    /// The component that serves a function.
    pub fn serving(&self, kind: FunctionKind, name: &FunctionName) -> Option<ComponentDigest> {
        self.0.iter().rev().find(|member| member.kind == kind && member.name == *name).map(|member| member.component)
    }

    /// The component of an orchestration that begins.
    pub fn pick(&self, own: ComponentDigest, pick: Pick, name: &FunctionName) -> Result<ComponentDigest, Failure> {
        match pick {
            Pick::Pinned => Ok(own),
            Pick::OwnFirst => self.own_first(own, FunctionKind::Orchestrator, name),
            Pick::Serving => Ok(self.serving(FunctionKind::Orchestrator, name).unwrap_or(own)),
        }
    }

    /// The component that runs a function for one of component `own`: its own if it has it, else the one that serves it.
    pub fn own_first(
        &self,
        own: ComponentDigest,
        kind: FunctionKind,
        name: &FunctionName,
    ) -> Result<ComponentDigest, Failure> {
        let has = |member: &Member| (member.component, member.kind, &member.name) == (own, kind, name);
        let found = if self.0.iter().any(has) { Some(own) } else { self.serving(kind, name) };
        let missing = || Failure::host(kind::NOT_FOUND, format!("no component has {} {name}", kind.as_str()));
        found.ok_or_else(missing)
    }

    /// Who serves the orchestrators and the entities.
    pub fn journaled(&self) -> Vec<(FunctionName, ComponentDigest)> {
        let is_journaled = |kind| matches!(kind, FunctionKind::Orchestrator | FunctionKind::Entity);
        let members = self.0.iter().filter(|member| is_journaled(member.kind));
        members.map(|member| (member.name.clone(), member.component)).collect()
    }

    /// The names of the functions of a kind, for messages.
    pub fn names(&self, kind: FunctionKind) -> String {
        let names = self.0.iter().filter(|member| member.kind == kind).map(|member| member.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::model::ActivityOptions;

    const OLD: ComponentDigest = ComponentDigest([1; 32]);
    const NEW: ComponentDigest = ComponentDigest([2; 32]);

    fn function(kind: FunctionKind, name: &str) -> Function {
        Function {
            name: FunctionName::parse(name).unwrap(),
            kind,
            doc: None,
            input_schema: None,
            output_schema: None,
            defaults: ActivityOptions::default(),
        }
    }

    #[test]
    fn who_plays() {
        let mut cast = Cast::default();
        cast.add(OLD, &[function(FunctionKind::Orchestrator, "a"), function(FunctionKind::Orchestrator, "b")]);
        cast.add(NEW, &[function(FunctionKind::Orchestrator, "A"), function(FunctionKind::Activity, "c")]);
        let check = |pick, name: &str, expect: Result<ComponentDigest, &str>| {
            let got = cast.pick(OLD, pick, &FunctionName::parse(name).unwrap()).map_err(|failure| failure.message);
            assert_eq!(got.as_ref().map_err(String::as_str), expect.as_ref().map_err(|text| *text), "{pick:?} {name}");
        };
        check(Pick::Pinned, "a", Ok(OLD));
        check(Pick::OwnFirst, "a", Ok(OLD));
        check(Pick::Serving, "a", Ok(NEW));
        check(Pick::Serving, "b", Ok(OLD));
        check(Pick::OwnFirst, "c", Err("no component has orchestrator c"));
        assert_eq!(cast.names(FunctionKind::Orchestrator), "a, b, A");
        assert_eq!(cast.journaled().len(), 3);
    }
}
