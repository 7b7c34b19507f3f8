//! What the triggers of a hub need of it, beside what any client may ask.

use std::sync::{Arc, Weak};

use kernel::model::Payload;
use sandbox::Sandbox;
use tokio::runtime::Handle;

use super::{Hub, Shared};
use crate::driver::PayloadError;

/// A hub that may be gone: for what the hub itself holds.
#[derive(Debug, Clone)]
pub struct WeakHub(Weak<Shared>);

impl WeakHub {
    /// The hub, if it is still there.
    pub fn upgrade(&self) -> Option<Hub> {
        self.0.upgrade().map(|shared| Hub { shared })
    }
}

impl Hub {
    /// The same hub, without keeping it.
    pub fn downgrade(&self) -> WeakHub {
        WeakHub(Arc::downgrade(&self.shared))
    }

    /// Where its guests run.
    pub fn sandbox(&self) -> &Sandbox {
        self.shared.components.sandbox()
    }

    /// The threads on which triggers run, as activities do: of lower priority than those of the host.
    pub fn guest_runtime(&self) -> &Handle {
        self.shared.payloads.runtime()
    }

    /// Takes a payload that is to be sent later: a large one goes to a blob now, and one that is too large is refused.
    pub async fn keep(&self, payload: Payload) -> Result<Payload, PayloadError> {
        self.shared.payloads.put(payload).await
    }
}
