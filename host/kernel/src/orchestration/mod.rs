//! The life of one orchestration, as pure functions.
//!
//! ```text
//! fold:   (state, event) → state                 total: an illegal pair is a named error
//! begin:  (state, messages, now) → Begun         the only place where messages become events
//! finish: (state, begun, answer) → Finished      the only place where decisions become events
//! replay: (sandbox, history) → session           the only place where decisions are compared with the recorded ones
//! ```
//!
//! It does not know that there are other instances, nor how anything is stored or played.
//!
//! Invariant: a state is always what folding its history from the start gives. The one thing that is remembered beside it is
//! that an attempt which waited has begun: [`Live::begin_due_retries`]. A host that forgets it begins the attempt again.

mod begin;
mod budget;
mod divergence;
mod finish;
mod fold;
mod head;
mod last_turn;
mod renew;
mod replay;
mod rules;
mod section;
mod task;
mod unsettled;

pub use begin::{Begun, Message, Next, begin};
pub use budget::{Warning, has_room};
pub use divergence::{Divergence, Held};
pub use finish::{Answer, Finished, Place, Sent, finish};
pub use fold::{Gate, IllegalEvent, Live, State, fold};
pub use head::{Restored, extend_head, restore};
pub use last_turn::replay_to_end;
pub use replay::{component_of, replay, start_of};
pub use rules::EngineRules;
pub use section::{Released, Section, Stage, holder};
pub use task::{OpenTask, TaskKind, TaskPhase, child_id, child_seed, effect_seed, operation_seed};
