//! What is deployed: every component that was ever taken in, and which one a function name leads to now.
//!
//! The catalogue of a component is kept as JSON of types that are this file's own, so that the model can change without
//! changing what lies on disk. It does not know what a component is; see [`crate::ComponentFiles`] for its bytes.

use kernel::model::{
    ActivityOptions, ComponentDigest, Function, FunctionKind, FunctionName, InvalidName, Millis, RetryPolicy, Timestamp,
};
use rusqlite::{Connection, TransactionBehavior};
use serde::{Deserialize, Serialize};

use crate::bindings::{self, Bindings, NewBindings};
use crate::failure::is_damage;
use crate::reader::Readers;
use crate::sum::Sum;

/// Reads what is deployed; [`crate::Writer::deploy`] changes it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog(Readers);

/// A function that can be started or called.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// The function.
    pub function: Function,
    /// The component that plays it.
    pub digest: ComponentDigest,
    /// Since when.
    pub at: Timestamp,
}

/// Why the catalog cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Deploy the component again.
    #[error("the catalog entry of {0} is damaged; deploy the component again")]
    Damaged(String),
    /// The store could not be asked: try again.
    #[error("the catalog could not be read: {0}")]
    Failed(String),
}

impl Catalog {
    pub(crate) fn new(readers: Readers) -> Self {
        Self(readers)
    }

    /// What the functions lead to now, by kind and name.
    ///
    /// # Errors
    /// See [`CatalogError`].
    pub fn active(&self) -> Result<Vec<Deployment>, CatalogError> {
        self.0.read(active).map_err(|error| failed(&error))?
    }

    /// Every component that was ever deployed, by digest. Unfinished instances may be pinned to any of them.
    ///
    /// # Errors
    /// See [`CatalogError`].
    pub fn components(&self) -> Result<Vec<ComponentDigest>, CatalogError> {
        let read = |conn: &Connection| {
            let mut statement = conn.prepare_cached("SELECT digest FROM components ORDER BY digest")?;
            let digests = statement.query_map([], |row| Ok(ComponentDigest(row.get(0)?)))?;
            digests.collect()
        };
        self.0.read(read).map_err(|error| failed(&error))
    }

    /// What components are bound to, by name.
    ///
    /// # Errors
    /// See [`CatalogError`].
    pub fn bindings(&self) -> Result<Vec<Bindings>, CatalogError> {
        self.0.read(bindings::all).map_err(|error| failed(&error))?
    }
}

/// Writes a component, lets its functions lead to it and binds it, in one transaction.
pub(crate) fn deploy(
    conn: &mut Connection,
    digest: ComponentDigest,
    functions: &[Function],
    now: Timestamp,
    bindings: Option<&NewBindings>,
) -> rusqlite::Result<()> {
    let text = serde_json::to_string(&functions.iter().map(to_stored).collect::<Vec<_>>())
        .expect("strings and numbers always have a JSON form");
    let at = now.0.cast_signed();
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO components (digest, added_at, functions, sum) VALUES (?1, ?2, ?3, ?4)")?
        .execute((&digest.0[..], at, &text, component_sum(digest, now, &text)))?;
    for function in functions {
        let (kind, name) = (function.kind.as_str(), function.name.as_str().to_ascii_lowercase());
        let sum = deployment_sum(kind, &name, digest, now);
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO deployments (kind, name, digest, at, sum) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((kind, name, &digest.0[..], at, sum))?;
    }
    if let Some(new) = bindings {
        bindings::put(&transaction, digest, new, now)?;
    }
    transaction.commit()
}

fn active(conn: &Connection) -> rusqlite::Result<Result<Vec<Deployment>, CatalogError>> {
    let mut statement = conn.prepare_cached(
        "SELECT d.kind, d.name, d.digest, d.at, d.sum, c.added_at, c.functions, c.sum
         FROM deployments d JOIN components c ON c.digest = d.digest ORDER BY d.kind, d.name",
    )?;
    let rows = statement.query_map([], |row| {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let digest = ComponentDigest(row.get(2)?);
        let time = |column| Ok::<_, rusqlite::Error>(Timestamp(row.get::<_, i64>(column)?.cast_unsigned()));
        let (at, added_at, text): (_, _, String) = (time(3)?, time(5)?, row.get(6)?);
        let whole = deployment_sum(&kind, &name, digest, at) == row.get::<_, [u8; 16]>(4)?
            && component_sum(digest, added_at, &text) == row.get::<_, [u8; 16]>(7)?;
        let function = whole.then(|| find(&text, &kind, &name)).flatten();
        let deployment = function.map(|function| Deployment { function, digest, at });
        Ok(deployment.ok_or_else(|| CatalogError::Damaged(format!("{kind} {name}"))))
    })?;
    let deployments: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    // A join leaves out what has no partner; only damage makes that happen.
    let alone = "SELECT count(*) FROM deployments WHERE digest NOT IN (SELECT digest FROM components)";
    let alone: u32 = conn.query_row(alone, [], |row| row.get(0))?;
    if alone > 0 {
        return Ok(Err(CatalogError::Damaged(format!("{alone} functions"))));
    }
    Ok(deployments.into_iter().collect())
}

fn find(text: &str, kind: &str, name: &str) -> Option<Function> {
    let functions: Vec<Stored> = serde_json::from_str(text).ok()?;
    let stored = functions.into_iter().find(|f| f.kind.as_str() == kind && f.name.eq_ignore_ascii_case(name))?;
    from_stored(stored).ok()
}

fn failed(error: &rusqlite::Error) -> CatalogError {
    if is_damage(error) { CatalogError::Damaged(error.to_string()) } else { CatalogError::Failed(error.to_string()) }
}

fn component_sum(digest: ComponentDigest, added_at: Timestamp, functions: &str) -> [u8; 16] {
    Sum::of("components").bytes(&digest.0).int(added_at.0).bytes(functions.as_bytes()).finish()
}

fn deployment_sum(kind: &str, name: &str, digest: ComponentDigest, at: Timestamp) -> [u8; 16] {
    Sum::of("deployments").bytes(kind.as_bytes()).bytes(name.as_bytes()).bytes(&digest.0).int(at.0).finish()
}

#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    kind: Kind,
    doc: Option<String>,
    input_schema: Option<String>,
    output_schema: Option<String>,
    retry: Option<Retry>,
    timeout_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Activity,
    Orchestrator,
    Entity,
    TimerTrigger,
    StreamTrigger,
}

#[derive(Serialize, Deserialize)]
struct Retry {
    max_attempts: u32,
    first_interval_ms: u64,
    coefficient: f64,
    max_interval_ms: Option<u64>,
    retry_timeout_ms: Option<u64>,
    jitter: f64,
    non_retryable: Vec<String>,
}

impl Kind {
    fn as_str(&self) -> &'static str {
        self.model().as_str()
    }

    fn model(&self) -> FunctionKind {
        match self {
            Self::Activity => FunctionKind::Activity,
            Self::Orchestrator => FunctionKind::Orchestrator,
            Self::Entity => FunctionKind::Entity,
            Self::TimerTrigger => FunctionKind::TimerTrigger,
            Self::StreamTrigger => FunctionKind::StreamTrigger,
        }
    }
}

fn to_stored(function: &Function) -> Stored {
    Stored {
        name: function.name.as_str().to_owned(),
        kind: match function.kind {
            FunctionKind::Activity => Kind::Activity,
            FunctionKind::Orchestrator => Kind::Orchestrator,
            FunctionKind::Entity => Kind::Entity,
            FunctionKind::TimerTrigger => Kind::TimerTrigger,
            FunctionKind::StreamTrigger => Kind::StreamTrigger,
        },
        doc: function.doc.clone(),
        input_schema: function.input_schema.clone(),
        output_schema: function.output_schema.clone(),
        retry: function.defaults.retry.as_ref().map(|policy| Retry {
            max_attempts: policy.max_attempts,
            first_interval_ms: policy.first_interval.0,
            coefficient: policy.coefficient,
            max_interval_ms: policy.max_interval.map(|length| length.0),
            retry_timeout_ms: policy.retry_timeout.map(|length| length.0),
            jitter: policy.jitter,
            non_retryable: policy.non_retryable.clone(),
        }),
        timeout_ms: function.defaults.timeout.map(|length| length.0),
    }
}

fn from_stored(stored: Stored) -> Result<Function, InvalidName> {
    Ok(Function {
        name: FunctionName::parse(&stored.name)?,
        kind: stored.kind.model(),
        doc: stored.doc,
        input_schema: stored.input_schema,
        output_schema: stored.output_schema,
        defaults: ActivityOptions {
            retry: stored.retry.map(|retry| RetryPolicy {
                max_attempts: retry.max_attempts,
                first_interval: Millis(retry.first_interval_ms),
                coefficient: retry.coefficient,
                max_interval: retry.max_interval_ms.map(Millis),
                retry_timeout: retry.retry_timeout_ms.map(Millis),
                jitter: retry.jitter,
                non_retryable: retry.non_retryable,
            }),
            timeout: stored.timeout_ms.map(Millis),
        },
    })
}
