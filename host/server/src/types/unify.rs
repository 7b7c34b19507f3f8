//! From the definitions of many schemas to those of one file: what nobody uses is left out, what is the same is one.
//!
//! Two definitions are the same if they would be called the same and are built alike all the way down; that is decided as for
//! the states of an automaton: begin with the names, and part what differs until nothing differs any more.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{Body, DefId, Definition, Field, Origin, Shape};

/// Leaves out and joins definitions; the roots follow.
pub fn unify(definitions: Vec<Definition>, roots: &mut [&mut Shape]) -> Vec<Definition> {
    let mut definitions = definitions;
    break_circles(&mut definitions);
    let classes = classes(&mut definitions);
    let used = used(&mut definitions, roots);
    let mut kept: BTreeMap<usize, DefId> = BTreeMap::new();
    let mut joined: Vec<Definition> = Vec::new();
    for id in used {
        let place = *kept.entry(classes[id]).or_insert(DefId(joined.len()));
        match joined.get_mut(place.0) {
            None => joined.push(definitions[id].clone()),
            Some(known) => {
                known.doc = known.doc.take().or(definitions[id].doc.clone());
                known.origin = if known.origin == definitions[id].origin { known.origin } else { Origin::Named };
            }
        }
    }
    let mut follow = |id: &mut DefId| *id = kept[&classes[id.0]];
    for definition in &mut joined {
        definition.body.each_shape(&mut |shape| shape.each_defined(&mut follow));
    }
    for root in roots {
        root.each_defined(&mut follow);
    }
    joined
}

/// A type that is itself, or itself or something else, is no type: it may be anything.
fn break_circles(definitions: &mut [Definition]) {
    for id in 0..definitions.len() {
        let mut seen = BTreeSet::new();
        let mut next = bare(&definitions[id].body);
        while let Some(DefId(other)) = next.pop() {
            if other == id {
                definitions[id].body = Body::Alias(Shape::Unknown);
                definitions[id].notes.push("it is defined by itself, so it may be anything".into());
                break;
            }
            if seen.insert(other) {
                next.extend(bare(&definitions[other].body));
            }
        }
    }
}

/// What a value of this is without anything around it.
fn bare(body: &Body) -> Vec<DefId> {
    fn of(shape: &Shape) -> Option<DefId> {
        match shape {
            Shape::Defined(id) => Some(*id),
            Shape::Optional(inner) => of(inner),
            _ => None,
        }
    }
    match body {
        Body::Alias(shape) => of(shape).into_iter().collect(),
        Body::Union(members) => members.iter().filter_map(of).collect(),
        Body::Record { .. } | Body::Literals(_) => Vec::new(),
    }
}

/// The class of each definition.
fn classes(definitions: &mut [Definition]) -> Vec<usize> {
    let mut classes = vec![0; definitions.len()];
    let mut count = 0;
    loop {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let parted: Vec<_> = definitions
            .iter()
            .enumerate()
            .map(|(id, definition)| {
                let key = format!("{} {} {:?}", classes[id], definition.hint, plain(&definition.body, &classes));
                let next = numbers.len();
                *numbers.entry(key).or_insert(next)
            })
            .collect();
        classes = parted;
        if numbers.len() == count {
            return classes;
        }
        count = numbers.len();
    }
}

/// A body without docs, and with classes in the place of definitions.
fn plain(body: &Body, classes: &[usize]) -> Body {
    let mut body = body.clone();
    if let Body::Record { fields, .. } = &mut body {
        fields.iter_mut().for_each(|Field { doc, .. }| *doc = None);
    }
    body.each_shape(&mut |shape| shape.each_defined(&mut |id| *id = DefId(classes[id.0])));
    body
}

/// What the roots lead to, in the order in which they do.
fn used(definitions: &mut [Definition], roots: &mut [&mut Shape]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = Vec::new();
    for root in roots {
        root.each_defined(&mut |id| waiting.push(id.0));
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            order.push(id);
            let mut inner = Vec::new();
            definitions[id].body.each_shape(&mut |shape| shape.each_defined(&mut |id| inner.push(id.0)));
            waiting.extend(inner.into_iter().rev());
        }
    }
    order
}
