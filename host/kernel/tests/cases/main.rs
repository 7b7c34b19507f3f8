//! What the pure parts of the kernel promise, as tests through its public interface.
//!
//! Cases live in files that a person can read: `tests/data/turns` and `tests/data/replay` of the repository, and `golden`
//! beside this folder. `UPDATE_EXPECT=1` writes what the code does into the first two, to be read before it is kept;
//! golden bytes are never written over.

// The tests need files, which the kernel itself must not touch.
#![expect(clippy::disallowed_methods, reason = "the tests read and bless files")]

mod casefile;
mod dice;
mod export;
mod golden;
mod manners;
mod notation;
mod program;
mod random;
mod replay;
mod say;
mod script;
mod turns;
mod words;
