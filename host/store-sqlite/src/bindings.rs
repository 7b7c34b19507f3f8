//! The table `bindings`: what manifests say of the triggers and grants of components.
//!
//! It is kept as the text that it comes as. What it means, and whether it fits the component, is for others to know.

use kernel::model::{ComponentDigest, Timestamp};
use rusqlite::Connection;

use crate::catalog::CatalogError;
use crate::sum::Sum;

/// What a component is bound to, under the name that its manifest gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bindings {
    /// The name: what is bound under it takes the place of what was before.
    pub name: String,
    /// The component that was deployed with it.
    pub digest: ComponentDigest,
    /// What was bound, as JSON.
    pub json: String,
}

/// What a component is deployed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBindings {
    /// The name under which it takes the place of what was bound before.
    pub name: String,
    /// What is bound, as JSON; `None` if nothing is, any more.
    pub json: Option<String>,
}

pub(crate) fn put(
    conn: &Connection,
    digest: ComponentDigest,
    new: &NewBindings,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let NewBindings { name, json } = new;
    let Some(json) = json else {
        conn.prepare_cached("DELETE FROM bindings WHERE name = ?1")?.execute([name])?;
        return Ok(());
    };
    conn.prepare_cached("INSERT OR REPLACE INTO bindings (name, digest, at, text, sum) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((name, &digest.0[..], at.0.cast_signed(), json, sum(name, digest, at, json)))?;
    Ok(())
}

/// All of them, by name.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Result<Vec<Bindings>, CatalogError>> {
    let mut statement = conn.prepare_cached("SELECT name, digest, at, text, sum FROM bindings ORDER BY name")?;
    let rows = statement.query_map([], |row| {
        let (name, digest): (String, _) = (row.get(0)?, ComponentDigest(row.get(1)?));
        let (at, json): (_, String) = (Timestamp(row.get::<_, i64>(2)?.cast_unsigned()), row.get(3)?);
        if row.get::<_, [u8; 16]>(4)? != sum(&name, digest, at, &json) {
            return Ok(Err(CatalogError::Damaged(format!("the bindings of {name}"))));
        }
        Ok(Ok(Bindings { name, digest, json }))
    })?;
    let found: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(found.into_iter().collect())
}

fn sum(name: &str, digest: ComponentDigest, at: Timestamp, json: &str) -> [u8; 16] {
    Sum::of("bindings").bytes(name.as_bytes()).bytes(&digest.0).int(at.0).bytes(json.as_bytes()).finish()
}
