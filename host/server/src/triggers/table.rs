//! Which component answers which request under `/api/`.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use kernel::model::ComponentDigest;

use super::bindings::{Bindings, Method};
use crate::hub::Bound;

/// The routes that are served at present. Cheap to clone; all clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Routes(Arc<RwLock<Arc<RouteTable>>>);

/// The routes of all components.
#[derive(Debug, Clone, Default)]
pub struct RouteTable(Vec<(ComponentDigest, Arc<Bindings>)>);

/// What a table has for a request.
#[derive(Debug, Clone)]
pub enum Lookup<'a> {
    /// A component that answers it.
    Found(ComponentDigest, &'a Arc<Bindings>),
    /// Only requests with these methods are answered there.
    Methods(BTreeSet<Method>),
    /// Nothing is there.
    Nothing,
}

impl Routes {
    /// The table of this moment: who has begun with it goes on with it.
    pub fn now(&self) -> Arc<RouteTable> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves by another table from now on.
    pub fn replace(&self, table: RouteTable) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }
}

impl RouteTable {
    /// The routes of these bindings, of which no two clash.
    pub fn new(bound: impl IntoIterator<Item = Bound>) -> Self {
        let routed = bound.into_iter().filter(|bound| !bound.bindings.http.is_empty());
        Self(routed.map(|bound| (bound.component, Arc::new(bound.bindings))).collect())
    }

    /// Looks up a path as it stands in a request, without `/api/`.
    pub fn find(&self, method: &str, path: &str) -> Lookup<'_> {
        let mut methods = BTreeSet::new();
        for (component, bindings) in &self.0 {
            for binding in bindings.http.iter().filter(|binding| binding.route.matches(path)) {
                if Method::parse(method).is_some_and(|method| binding.methods.contains(&method)) {
                    return Lookup::Found(*component, bindings);
                }
                methods.extend(&binding.methods);
            }
        }
        if methods.is_empty() { Lookup::Nothing } else { Lookup::Methods(methods) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let bound = |name: &str, http: &str| {
            let json = format!(r#"{{"name": "{name}", "http": {http}}}"#);
            Bound { component: ComponentDigest::of(name.as_bytes()), bindings: serde_json::from_str(&json).unwrap() }
        };
        let table = RouteTable::new([
            bound("a", r#"[{"route": "x/{id}", "methods": ["GET"]}, {"route": "x/new", "methods": ["PUT"]}]"#),
            bound("b", r#"[{"route": "x/{id}", "methods": ["POST"]}, {"route": "y"}]"#),
        ]);
        let check = |method: &str, path: &str, expect: &str| {
            let got = match table.find(method, path) {
                Lookup::Found(_, bindings) => bindings.name.clone(),
                Lookup::Methods(methods) => methods.into_iter().map(Method::as_str).collect::<Vec<_>>().join(", "),
                Lookup::Nothing => "nothing".to_owned(),
            };
            assert_eq!(got, expect, "{method} {path}");
        };
        check("GET", "x/1", "a");
        check("POST", "x/1", "b");
        check("POST", "x/new", "b");
        check("PUT", "x/new", "a");
        check("PUT", "x/1", "GET, POST");
        check("DELETE", "x/new", "GET, POST, PUT");
        check("PATCH", "y", "b");
        check("PROPFIND", "y", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
        check("GET", "z", "nothing");
        check("GET", "", "nothing");
    }
}
