//! Stream triggers: durable consumers of NATS JetStream.

mod connection;
mod consumer;
mod reader;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use self::connection::Connected;
pub use self::connection::Connection;
pub(super) use self::reader::Reader;
use crate::problem::Problem;

/// The operator's connections, by name.
pub type Connections = BTreeMap<String, Connection>;

/// Lets each reader read, on the threads of guests. A connection that no binding names is not made.
pub(super) async fn start(
    readers: Vec<Reader>,
    connections: &Connections,
    tasks: &mut JoinSet<()>,
    guests: &Handle,
) -> Result<(), Problem> {
    let mut connected: BTreeMap<String, Connected> = BTreeMap::new();
    for reader in readers {
        let name = reader.binding.connection.as_str().to_owned();
        let Some(connection) = connections.get(&name) else {
            let trigger = reader.binding.source();
            tracing::error!(
                trigger,
                "the stream is not read: this host has no connection {name}; add [streams.{name}]"
            );
            continue;
        };
        let link = match connected.get(&name) {
            Some(link) => link.clone(),
            None => connected.entry(name.clone()).or_insert(connection.connect(&name).await?).clone(),
        };
        tasks.spawn_on(Arc::new(reader).run(link), guests);
    }
    Ok(())
}
