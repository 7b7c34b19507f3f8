//! Every limit of the host, with its unit last in the name.
//!
//! They are here, and nowhere else, so that one page answers what a tenant can make the host do. A limit is checked
//! before anything is stored. What crosses one gets a clear failure or a stable error code, never silence.

/// The largest JSON value that is accepted anywhere: input, result, event, custom status.
pub const PAYLOAD_MAX_BYTES: usize = 1 << 20;
/// How deep arrays and objects may nest in a payload.
pub const PAYLOAD_MAX_DEPTH: usize = 64;
/// The largest custom status; it is kept beside the index, hence smaller than a payload.
pub const CUSTOM_STATUS_MAX_BYTES: usize = 16 << 10;
/// The longest instance id, in characters.
pub const INSTANCE_ID_MAX_CHARS: usize = 100;
/// The longest function name, in bytes.
pub const FUNCTION_NAME_MAX_BYTES: usize = 100;
/// The longest name of an external event, in characters.
pub const EVENT_NAME_MAX_CHARS: usize = 200;
/// How many tags an instance may have.
pub const TAGS_MAX_COUNT: usize = 32;
/// The longest name or value of a tag.
pub const TAG_MAX_BYTES: usize = 256;
/// The longest version that a start may ask for.
pub const VERSION_MAX_BYTES: usize = 100;
/// The longest W3C trace header that is carried.
pub const TRACE_STATE_MAX_BYTES: usize = 512;
/// How many causes of a failure are kept.
pub const FAILURE_CAUSES_MAX_COUNT: usize = 8;
/// The longest failure message, failure details and terminate reason; longer text is cut.
pub const FAILURE_TEXT_MAX_BYTES: usize = 16 << 10;
/// The longest failure kind; longer text is cut.
pub const FAILURE_KIND_MAX_BYTES: usize = 100;

/// How many decisions one turn may take.
pub const DECISIONS_PER_TURN_MAX_COUNT: usize = 10_000;
/// How many tasks and timers of one instance may be open at once.
pub const OPEN_PER_INSTANCE_MAX_COUNT: usize = 20_000;
/// How many generations of children there may be: an orchestration that starts itself without end has to end somewhere.
pub const CHILD_DEPTH_MAX_COUNT: u32 = 100;
/// How many events one history may hold; the turn that crosses it is the last. Terminate and read work beyond it.
pub const HISTORY_MAX_EVENTS: u64 = 200_000;
/// How many bytes one history may hold; the turn after the one that crosses it is the last.
pub const HISTORY_MAX_BYTES: u64 = 256 << 20;
/// How many messages may wait for an instance that is suspended, held or not yet begun; more events are refused.
pub const PENDING_EVENTS_MAX_COUNT: usize = 10_000;
/// How many bytes those messages may have.
pub const PENDING_EVENTS_MAX_BYTES: usize = 16 << 20;
/// How many events an execution may hand to the next one.
pub const CARRIED_EVENTS_MAX_COUNT: usize = 10_000;
/// Which part of a limit an instance may use before its operator is warned, in percent.
pub const WARN_AT_PERCENT: u64 = 80;
/// How far ahead a timer or a start may be set: ten years.
pub const TIMER_MAX_MS: u64 = 10 * 366 * 24 * 3600 * 1000;
/// How many attempts a retry policy may ask for.
pub const RETRY_ATTEMPTS_MAX_COUNT: u32 = 10_000;
/// How many failure kinds a retry policy may list as non-retryable.
pub const RETRY_KINDS_MAX_COUNT: usize = 64;

/// How many instances that wait for something are kept in memory, beside those with open tasks.
pub const IDLE_INSTANCES_MAX_COUNT: usize = 1_024;
/// How many instances may be loading because a timer of theirs is due.
pub const DUE_LOADS_MAX_COUNT: usize = 256;
/// How many bytes of results one turn takes in; what waits beyond that is the next turn's.
pub const TURN_INBOUND_MAX_BYTES: usize = 8 << 20;
/// How many histories are kept that were read to load an instance, for the turn that it is loaded for.
pub const RECENT_HISTORIES_MAX_COUNT: usize = 16;
/// The largest history that is kept so, in bytes on disk.
pub const RECENT_HISTORY_MAX_BYTES: u64 = 4 << 20;
/// How long the partition waits before it tries a refused commit again.
pub const STORAGE_RETRY_MS: u64 = 1_000;

/// The largest component that is accepted.
pub const COMPONENT_MAX_BYTES: usize = 32 << 20;
/// How many functions a component may describe.
pub const FUNCTIONS_PER_COMPONENT_MAX_COUNT: usize = 1_000;
/// The longest JSON schema or doc text of a described function.
pub const DESCRIBE_TEXT_MAX_BYTES: usize = 64 << 10;
/// How many core wasm functions a component may hold.
pub const WASM_FUNCTIONS_MAX_COUNT: u32 = 50_000;
/// The largest body of one core wasm function.
pub const WASM_FUNCTION_BODY_MAX_BYTES: usize = 512 << 10;
/// How many core modules a component may hold.
pub const WASM_MODULES_MAX_COUNT: usize = 64;
/// How many data segments a core module may hold.
pub const WASM_DATA_SEGMENTS_MAX_COUNT: u32 = 10_000;
/// How deep components may nest.
pub const WASM_NESTING_MAX_DEPTH: usize = 8;

/// Linear memory of one instance in a journaled role, summed over its memories.
pub const ORCHESTRATOR_MEMORY_MAX_BYTES: usize = 64 << 20;
/// Linear memory of one activity, summed over its memories.
pub const ACTIVITY_MEMORY_MAX_BYTES: usize = 128 << 20;
/// Table elements of one instance, summed over its tables.
pub const TABLE_ELEMENTS_MAX_COUNT: usize = 100_000;
/// Wasm stack of one call.
pub const WASM_STACK_MAX_BYTES: usize = 512 << 10;
/// Handles that a component instance may hold.
pub const COMPONENT_HANDLES_MAX_COUNT: usize = 1_000;
/// What the strings and lists of one host call may cost the host.
pub const HOST_CALL_MAX_BYTES: usize = 4 << 20;
/// Fuel of one turn, of instantiation and of `describe`: about a second on a slow core.
pub const TURN_FUEL: u64 = 1_000_000_000;
/// How many turns one call of `advance` replays: more would grow the guest's memory and gain nothing.
pub const REPLAY_TURNS_PER_CALL_COUNT: usize = 64;
/// How many bytes of results one call of `advance` replays, if more than one turn; a guest that lived with them one by
/// one need not have room for all at once.
pub const REPLAY_PER_CALL_MAX_BYTES: usize = 1 << 20;
/// How often the epoch of the activity engine moves.
pub const EPOCH_TICK_MS: u64 = 10;
/// Wall time of one attempt of an activity that asked for none.
pub const ACTIVITY_TIMEOUT_DEFAULT_MS: u64 = 60_000;
/// Wall time that an activity may ask for.
pub const ACTIVITY_TIMEOUT_MAX_MS: u64 = 15 * 60_000;
/// How long an activity that nobody waits for any more may take to find out and return.
pub const CANCEL_GRACE_MS: u64 = 5_000;
/// How many activities of the host run at once.
pub const ACTIVITIES_RUNNING_MAX_COUNT: usize = 128;
/// How many sessions are kept warm.
pub const WARM_SESSIONS_MAX_COUNT: usize = 128;
/// Log lines that one turn or activity may write; the rest is counted and dropped.
pub const LOG_LINES_PER_TURN_MAX_COUNT: usize = 1_000;
/// The longest log line; longer ones are cut.
pub const LOG_LINE_MAX_BYTES: usize = 4 << 10;

/// Wall time of `describe` in a component that has only activities.
pub const DESCRIBE_TIMEOUT_MS: u64 = 2_000;
/// How many random bytes an activity may ask for in one call.
pub const RANDOM_PER_CALL_MAX_BYTES: u64 = 64 << 10;

/// The largest head of a response to a guest's HTTP request.
pub const EGRESS_HEAD_MAX_BYTES: usize = 64 << 10;
/// The largest body of a response to a guest's HTTP request; what is left of a payload is room for the head.
pub const EGRESS_RESPONSE_MAX_BYTES: usize = PAYLOAD_MAX_BYTES - EGRESS_HEAD_MAX_BYTES;
/// How many headers a guest's HTTP request may have, and the response to it.
pub const EGRESS_HEADERS_MAX_COUNT: usize = 100;
/// How long a guest's HTTP request may ask to wait.
pub const EGRESS_TIMEOUT_MAX_MS: u64 = 5 * 60_000;
/// How long one address may take to accept a connection, and then for the TLS handshake.
pub const EGRESS_CONNECT_TIMEOUT_MS: u64 = 5_000;
/// How many HTTP requests of guests are under way at once; more wait.
pub const EGRESS_CONCURRENT_MAX_COUNT: usize = 100;

/// The longest name of a hub.
pub const HUB_NAME_MAX_CHARS: usize = 45;
/// How many instances one page of a list holds.
pub const LIST_MAX_COUNT: usize = 10_000;
/// How long open requests may take after the host was told to stop.
pub const STOP_GRACE_MS: u64 = 5_000;
/// The largest HTTP request body.
pub const HTTP_BODY_MAX_BYTES: usize = 2 << 20;
/// The largest HTTP request head.
pub const HTTP_HEAD_MAX_BYTES: usize = 64 << 10;
/// How many headers a request may have.
pub const HTTP_HEADERS_MAX_COUNT: usize = 64;
/// How long a client may take over its request head.
pub const HTTP_HEAD_TIMEOUT_MS: u64 = 10_000;
/// How long a client may take over its request body.
pub const HTTP_BODY_TIMEOUT_MS: u64 = 30_000;
/// How many connections are open at once.
pub const HTTP_CONNECTIONS_MAX_COUNT: usize = 1_024;
/// How long a request may ask to wait for an instance.
pub const HTTP_WAIT_MAX_MS: u64 = 10 * 60_000;

// A payload that passed the edge fits through a host call, twice.
const _: () = assert!(2 * PAYLOAD_MAX_BYTES <= HOST_CALL_MAX_BYTES);
const _: () = assert!(PAYLOAD_MAX_BYTES <= HTTP_BODY_MAX_BYTES);
const _: () = assert!(CUSTOM_STATUS_MAX_BYTES <= PAYLOAD_MAX_BYTES);
const _: () = assert!(DECISIONS_PER_TURN_MAX_COUNT <= OPEN_PER_INSTANCE_MAX_COUNT);
const _: () = assert!(ACTIVITY_TIMEOUT_DEFAULT_MS <= ACTIVITY_TIMEOUT_MAX_MS);
const _: () = assert!(EGRESS_TIMEOUT_MAX_MS <= ACTIVITY_TIMEOUT_MAX_MS);
