//! Every limit of the host, with its unit last in the name.
//!
//! They are here, and nowhere else, so that one page answers what a tenant can make the host do. A limit is checked
//! before anything is stored. What crosses one gets a clear failure or a stable error code, never silence.

/// The largest JSON value that is accepted anywhere: input, result, event, state. An operator may set less.
pub const PAYLOAD_MAX_BYTES: usize = 64 << 20;
/// The least that an operator may set.
pub const PAYLOAD_MAX_MIN_BYTES: usize = 64 << 10;
/// How deep arrays and objects may nest in a payload.
pub const PAYLOAD_MAX_DEPTH: usize = 64;
/// The largest custom status; it is kept beside the index, hence smaller than a payload.
pub const CUSTOM_STATUS_MAX_BYTES: usize = 16 << 10;
/// The largest report of progress; it is kept in memory and shown with a status.
pub const PROGRESS_MAX_BYTES: usize = 1 << 20;
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
/// How many operations may wait for an entity that is busy, locked or held; further signals of clients are refused.
pub const ENTITY_WAITING_MAX_COUNT: usize = 10_000;
/// How many bytes those operations may have.
pub const ENTITY_WAITING_MAX_BYTES: usize = 64 << 20;
/// How many signals may wait for a time that is set for them; further ones of clients are refused.
pub const SCHEDULED_SIGNALS_MAX_COUNT: usize = 100_000;
/// How many operations one batch of an entity holds.
pub const ENTITY_BATCH_MAX_COUNT: usize = 1_000;
/// How many effects one operation of an entity may have.
pub const EFFECTS_PER_OPERATION_MAX_COUNT: usize = 1_000;
/// How many entities one critical section may lock.
pub const LOCK_ENTITIES_MAX_COUNT: usize = 100;
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
/// How many entities that nobody asks anything of are kept in memory.
pub const IDLE_ENTITIES_MAX_COUNT: usize = 2_048;
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

/// The largest component that is accepted: CPython with the packages of an application is about half of it.
pub const COMPONENT_MAX_BYTES: usize = 64 << 20;
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
/// How many data segments a core module may hold. The snapshot of an interpreter has thousands.
pub const WASM_DATA_SEGMENTS_MAX_COUNT: u32 = 50_000;
/// How deep components may nest.
pub const WASM_NESTING_MAX_DEPTH: usize = 8;

/// Linear memory of one instance in a journaled role, summed over its memories: room for the largest payload as text, as
/// values, and as text again while that grows.
pub const ORCHESTRATOR_MEMORY_MAX_BYTES: usize = 512 << 20;
/// Linear memory of one activity, summed over its memories.
pub const ACTIVITY_MEMORY_MAX_BYTES: usize = 512 << 20;
/// Table elements of one instance, summed over its tables.
pub const TABLE_ELEMENTS_MAX_COUNT: usize = 100_000;
/// Wasm stack of one call: half of what a thread has. Interpreters take some kilobytes for each call of the author's code.
pub const WASM_STACK_MAX_BYTES: usize = 1 << 20;
/// Handles that a component instance may hold.
pub const COMPONENT_HANDLES_MAX_COUNT: usize = 1_000;
/// What the strings and lists of one host call may cost the host.
pub const HOST_CALL_MAX_BYTES: usize = 2 * PAYLOAD_MAX_BYTES + (8 << 20);
/// Fuel of one turn, of instantiation and of `describe`: about a second on a slow core.
pub const TURN_FUEL: u64 = 1_000_000_000;
/// Fuel for each byte that a guest is given, on top of that: enough to read it and to write as much again, also for an interpreter
/// that takes a text character by character.
pub const FUEL_PER_BYTE: u64 = 1_000;
/// Fuel of one call of an import that a role that is replayed is answered, on top of one for each byte that it moves: about
/// what the host does for it.
pub const HOST_CALL_FUEL: u64 = 200;
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
/// How many triggers of the host run at once. They have slots of their own, so that neither they nor activities have to wait
/// for the other.
pub const TRIGGERS_RUNNING_MAX_COUNT: usize = 64;
/// How long an HTTP request may wait for one of those slots.
pub const TRIGGER_SLOT_WAIT_MS: u64 = 1_000;
/// Wall time of one run of a trigger; in an HTTP trigger until its response begins, and then between its parts.
pub const TRIGGER_TIMEOUT_MS: u64 = 60_000;
/// How many instances a guest may ask its hub for at once.
pub const CLIENT_PAGE_MAX_COUNT: u32 = 100;
/// How many sessions are kept warm.
pub const WARM_SESSIONS_MAX_COUNT: usize = 128;
/// Linear memory beyond which a session is not kept warm, since each may hold on to all that it ever had. What its
/// component begins with is not counted: an interpreter has more than that, and sessions share it until they write to it.
pub const WARM_SESSION_MEMORY_MAX_BYTES: usize = 8 << 20;
/// Linear memory that all warm sessions may have together, with what their components begin with.
pub const WARM_SESSIONS_MAX_BYTES: usize = 2 << 30;
/// Log lines that one turn or activity may write; the rest is counted and dropped.
pub const LOG_LINES_PER_TURN_MAX_COUNT: usize = 1_000;
/// The longest log line; longer ones are cut.
pub const LOG_LINE_MAX_BYTES: usize = 4 << 10;

/// Wall time of `describe` in a component that has only activities.
pub const DESCRIBE_TIMEOUT_MS: u64 = 2_000;
/// How many random bytes a guest may ask for in one call.
pub const RANDOM_PER_CALL_MAX_BYTES: u64 = 64 << 10;

/// The largest head of a response to a guest's HTTP request.
pub const EGRESS_HEAD_MAX_BYTES: usize = 64 << 10;
/// The largest body of a response to a guest's HTTP request; what is left of 1 MiB is room for the head.
pub const EGRESS_RESPONSE_MAX_BYTES: usize = (1 << 20) - EGRESS_HEAD_MAX_BYTES;
/// How many headers a guest's HTTP request may have, and the response to it.
pub const EGRESS_HEADERS_MAX_COUNT: usize = 100;
/// How long a guest's HTTP request may ask to wait.
pub const EGRESS_TIMEOUT_MAX_MS: u64 = 5 * 60_000;
/// How long one address may take to accept a connection, and then for the TLS handshake.
pub const EGRESS_CONNECT_TIMEOUT_MS: u64 = 5_000;
/// How many HTTP requests of guests are under way at once; more wait.
pub const EGRESS_CONCURRENT_MAX_COUNT: usize = 100;

/// How many routes, how many timers and how many streams one component may have.
pub const BINDINGS_PER_COMPONENT_MAX_COUNT: usize = 100;
/// The longest route of an HTTP trigger.
pub const ROUTE_MAX_BYTES: usize = 500;
/// How many starts, signals and events one run of a timer or stream trigger may ask for.
pub const TRIGGER_ERRANDS_MAX_COUNT: usize = 1_000;
/// How many bytes their inputs may have.
pub const TRIGGER_ERRANDS_MAX_BYTES: usize = 64 << 20;
/// The longest name of what runs a trigger: instance ids are made from it, a number of 20 digits and one of 4.
pub const TRIGGER_SOURCE_MAX_CHARS: usize = INSTANCE_ID_MAX_CHARS - 26;
/// How long a trigger waits before it asks a hub again that had no room, at first and at most.
pub const TRIGGER_ROOM_RETRY_FIRST_MS: u64 = 100;
/// See [`TRIGGER_ROOM_RETRY_FIRST_MS`].
pub const TRIGGER_ROOM_RETRY_MAX_MS: u64 = 5_000;
/// How many timer triggers run at once; more wait.
pub const TIMER_RUNNING_MAX_COUNT: usize = 8;
/// How often a run of a timer trigger that fails is tried before it is given up.
pub const TIMER_ATTEMPTS_MAX_COUNT: u32 = 5;
/// How long a timer trigger that failed waits before it is tried again; twice as long each time.
pub const TIMER_RETRY_FIRST_MS: u64 = 1_000;
/// How many missed runs are counted.
pub const TIMER_MISSED_MAX_COUNT: u32 = 10_000;
/// How long timers sleep before they look at the wall clock again, which may have been set.
pub const TIMER_SLEEP_MAX_MS: u64 = 30_000;
/// How many messages of a stream one commit may hold.
pub const STREAM_BATCH_MAX_COUNT: u32 = 1_000;
/// How many bytes of messages are asked for at once.
pub const STREAM_BATCH_MAX_BYTES: usize = 64 << 20;
/// How many messages of one batch are worked on at once.
pub const STREAM_RUNNING_MAX_COUNT: usize = 8;
/// How many deliveries of a message a manifest may ask for.
pub const STREAM_DELIVERIES_MAX_COUNT: u32 = 1_000;
/// The longest name of a stream, of a consumer and of a connection, and the longest subject.
pub const STREAM_NAME_MAX_BYTES: usize = 200;
/// After how long a stream takes a message for lost that nobody said anything about.
pub const STREAM_ACK_WAIT_MS: u64 = 30_000;
/// How often a stream is told that a batch is still being worked on.
pub const STREAM_PROGRESS_MS: u64 = 10_000;
/// How long one request for messages waits for the first of them.
pub const STREAM_POLL_MS: u64 = 20_000;
/// How long a message that failed waits before it is delivered again, at first; twice as long each time.
pub const STREAM_REDELIVERY_FIRST_MS: u64 = 500;
/// How long it waits at most.
pub const STREAM_REDELIVERY_MAX_MS: u64 = 60_000;
/// After how many batches a stream is asked which messages it will not deliver again.
pub const STREAM_FLOOR_BATCHES_COUNT: u64 = 16;
/// How long a first connection may take before there is a warning.
pub const STREAM_CONNECT_WARN_MS: u64 = 1_000;
/// How long a stream that cannot be read is left alone, at first; twice as long each time.
pub const STREAM_RETRY_FIRST_MS: u64 = 100;
/// How long it is left alone at most.
pub const STREAM_RETRY_MAX_MS: u64 = 10_000;

/// The longest name of a hub.
pub const HUB_NAME_MAX_CHARS: usize = 45;
/// How many instances one page of a list holds.
pub const LIST_MAX_COUNT: usize = 10_000;
/// How often rows are looked for again that belong to a head and are not there.
pub const STALE_READS_MAX_COUNT: u32 = 50;
/// How long to wait in between.
pub const STALE_READ_WAIT_MS: u64 = 1;
/// How long open requests may take after the host was told to stop.
pub const STOP_GRACE_MS: u64 = 5_000;
/// The largest HTTP request body.
pub const HTTP_BODY_MAX_BYTES: usize = 2 << 20;
/// The largest body of a request to an HTTP trigger, and of its response; both are passed on as they come.
pub const HTTP_TRIGGER_BODY_MAX_BYTES: usize = 64 << 20;
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

/// The smallest payload that becomes a blob, if the operator says nothing.
pub const BLOB_THRESHOLD_DEFAULT_BYTES: usize = 32 << 10;
/// The least that an operator may say; the name of a blob has about 110 bytes.
pub const BLOB_THRESHOLD_MIN_BYTES: usize = 256;
/// The most: what is not a blob is in a row.
pub const BLOB_THRESHOLD_MAX_BYTES: usize = 1 << 20;
/// How long a blob stays that nobody refers to, if the operator says nothing.
pub const BLOB_GRACE_DEFAULT_MS: u64 = 60 * 60_000;
/// The least that an operator may say. A payload is put before the commit that refers to it.
pub const BLOB_GRACE_MIN_MS: u64 = 1_000;
/// How many bytes of texts that were put or read lately are kept in memory.
pub const BLOB_CACHE_MAX_BYTES: usize = 64 << 20;
/// The largest text that is kept so.
pub const BLOB_CACHED_MAX_BYTES: usize = 8 << 20;
/// How many bytes of texts are packed and unpacked at once; more wait. One that is larger than this goes alone.
pub const BLOB_WORKING_MAX_BYTES: usize = 256 << 20;
/// How long a payload waits before it is put or fetched again, at first.
pub const BLOB_RETRY_MIN_MS: u64 = 100;
/// How long it waits at most.
pub const BLOB_RETRY_MAX_MS: u64 = 10_000;
/// How often blobs to which nobody refers are looked for.
pub const BLOB_SWEEP_INTERVAL_MS: u64 = 10 * 60_000;
/// How many blobs a sweep deletes at once; who puts a blob meanwhile waits for them.
pub const BLOB_DELETES_MAX_COUNT: usize = 100;
/// How long one request to a remote store may take.
pub const BLOB_REQUEST_TIMEOUT_MS: u64 = 60_000;
/// How long a connection to it may take.
pub const BLOB_CONNECT_TIMEOUT_MS: u64 = 5_000;
/// How often a request that failed in passing is made again before the store counts as unavailable.
pub const BLOB_RETRIES_MAX_COUNT: usize = 3;

/// How many turns, and how many moments, `dacapo test` plays of one scenario before it says that it does not end.
pub const SCENARIO_TURNS_MAX_COUNT: usize = 10_000;
/// How much of its own time a scenario may take.
pub const SCENARIO_TIME_MAX_MS: u64 = 2 * TIMER_MAX_MS;
/// Before how many turns of an execution a scenario drops the session, when it is played with cold ones. Later it does so
/// only before each turn whose number is a multiple of this, because a replay takes as long as what is replayed.
pub const SCENARIO_COLD_TURNS_COUNT: u32 = 100;

// A payload that passed the edge fits through a host call, twice.
const _: () = assert!(2 * PAYLOAD_MAX_BYTES <= HOST_CALL_MAX_BYTES);
const _: () = assert!(CUSTOM_STATUS_MAX_BYTES <= PAYLOAD_MAX_BYTES);
const _: () = assert!(DECISIONS_PER_TURN_MAX_COUNT <= OPEN_PER_INSTANCE_MAX_COUNT);
const _: () = assert!(ACTIVITY_TIMEOUT_DEFAULT_MS <= ACTIVITY_TIMEOUT_MAX_MS);
const _: () = assert!(EGRESS_TIMEOUT_MAX_MS <= ACTIVITY_TIMEOUT_MAX_MS);
const _: () = assert!(BLOB_CACHED_MAX_BYTES <= BLOB_CACHE_MAX_BYTES);
const _: () = assert!(2 * STREAM_PROGRESS_MS < STREAM_ACK_WAIT_MS);
