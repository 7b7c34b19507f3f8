//! Whether the host lives, and whether it can take work.

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The hub takes work. The host listens only once its hub is open and its components are deployed, stops listening
/// before it closes the hub, and ends when it has lost the store: so whoever gets an answer gets this one.
pub async fn ready() -> &'static str {
    "ready\n"
}
