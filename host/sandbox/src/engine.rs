//! The two engines, their settings and their pools of slots.
//!
//! It owns every setting of wasmtime. It knows nothing of the contract with the guests. Nothing of one engine is ever
//! given to the other, and what a guest may use is listed here: a feature that a newer wasmtime turns on stays off.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::time::Duration;

use kernel::limits::{
    ACTIVITIES_RUNNING_MAX_COUNT, ACTIVITY_MEMORY_MAX_BYTES, EPOCH_TICK_MS, ORCHESTRATOR_MEMORY_MAX_BYTES,
    TABLE_ELEMENTS_MAX_COUNT, TRIGGERS_RUNNING_MAX_COUNT, WARM_SESSIONS_MAX_COUNT, WASM_STACK_MAX_BYTES,
};
use wasmtime::wasmparser::WasmFeatures;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, ProfilingStrategy,
    RegallocAlgorithm, Strategy, WasmBacktraceDetails,
};

/// What a guest may use. Absent on purpose: threads and relaxed SIMD (not deterministic), memory64, garbage collection,
/// exceptions, stack switching and everything asynchronous (young, and most of wasmtime's advisories).
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL);

/// Turns that may run while all warm sessions are kept.
const TURNS_RUNNING_MAX_COUNT: usize = 64;
/// Core instances of one component; interpreters with adapters have about 80.
const CORE_INSTANCES_PER_COMPONENT_MAX_COUNT: u32 = 128;
/// Tables of one component; interpreters with adapters have about 64.
const TABLES_PER_COMPONENT_MAX_COUNT: u32 = 128;
/// Memories of one component; adapters may bring one each.
const MEMORIES_PER_COMPONENT_MAX_COUNT: u32 = 16;
/// Slots of the pool for each store. A component with more takes them from those that need less: Rust has one of each.
const MEMORIES_PER_STORE_COUNT: u32 = 4;
const TABLES_PER_STORE_COUNT: u32 = 64;
/// What a freed memory and a freed table keep of their pages, so that the next guest does not fault them in again.
const MEMORY_KEEP_BYTES: usize = 256 << 10;
const TABLE_KEEP_BYTES: usize = 16 << 10;
const STACK_KEEP_BYTES: usize = 32 << 10;
/// Freed slots that keep the image of their module mapped.
const UNUSED_WARM_SLOTS_MAX_COUNT: u32 = 64;
/// Names in the backtrace of a trap.
const BACKTRACE_FRAMES_MAX_COUNT: usize = 20;
/// Stack for the host's own functions, above that of the guest.
const HOST_STACK_BYTES: usize = 1536 << 10;

/// One engine for each way of running a guest.
#[derive(Clone)]
pub(crate) struct Engines {
    /// For what is replayed: fuel, no clock of any kind, the same bits everywhere.
    pub(crate) journaled: Engine,
    /// For what touches the world: may be interrupted at any time.
    pub(crate) activity: Engine,
}

impl Engines {
    /// Builds both and starts the ticker, which ends with the last engine.
    pub(crate) fn new() -> wasmtime::Result<Self> {
        let journaled = Engine::new(&journaled_config())?;
        let activity = Engine::new(&activity_config())?;
        start_ticker(&activity)?;
        Ok(Self { journaled, activity })
    }

    /// Differs whenever the version or a setting of the compiler does, and so names the artifacts that can be used.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.journaled.precompile_compatibility_hash().hash(&mut hasher);
        self.activity.precompile_compatibility_hash().hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

fn journaled_config() -> Config {
    let mut config = common_config();
    config.consume_fuel(true);
    config.epoch_interruption(false);
    config.cranelift_nan_canonicalization(true);
    let stores = WARM_SESSIONS_MAX_COUNT + TURNS_RUNNING_MAX_COUNT;
    config.allocation_strategy(pool(stores, ORCHESTRATOR_MEMORY_MAX_BYTES));
    config
}

fn activity_config() -> Config {
    let mut config = common_config();
    config.consume_fuel(false);
    config.epoch_interruption(true);
    config.cranelift_nan_canonicalization(false);
    // One more than may run, for the component that is being deployed.
    let stores = ACTIVITIES_RUNNING_MAX_COUNT + TRIGGERS_RUNNING_MAX_COUNT + 1;
    config.allocation_strategy(pool(stores, ACTIVITY_MEMORY_MAX_BYTES));
    config
}

fn common_config() -> Config {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift);
    config.cranelift_opt_level(OptLevel::Speed);
    config.cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);
    config.cranelift_debug_verifier(false);
    config.parallel_compilation(true);

    config.wasm_features(FEATURES, true);
    config.wasm_features(!FEATURES, false);
    config.relaxed_simd_deterministic(true);
    config.gc_support(false);
    config.shared_memory(false);
    config.concurrency_support(false);

    config.signals_based_traps(true);
    config.max_wasm_stack(WASM_STACK_MAX_BYTES);
    config.async_stack_size(WASM_STACK_MAX_BYTES + HOST_STACK_BYTES);
    config.async_stack_zeroing(true);
    config.guard_before_linear_memory(true);
    config.memory_guard_size(32 << 20);
    config.memory_reservation(4 << 30);
    config.memory_may_move(false);
    config.memory_init_cow(true);
    config.table_lazy_init(true);

    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES_MAX_COUNT));
    config.generate_address_map(false);
    config.debug_info(false);
    config.debug_symbols(false);
    config.native_unwind_info(false);
    config.profiler(ProfilingStrategy::None);
    config
}

fn pool(stores: usize, memory_max_bytes: usize) -> InstanceAllocationStrategy {
    let stores = u32::try_from(stores).expect("limits count hundreds of stores");
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(stores);
    pool.total_core_instances(stores * CORE_INSTANCES_PER_COMPONENT_MAX_COUNT);
    pool.total_memories(stores * MEMORIES_PER_STORE_COUNT);
    pool.total_tables(stores * TABLES_PER_STORE_COUNT);
    pool.total_stacks(stores);
    pool.total_gc_heaps(0);
    pool.max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT_MAX_COUNT);
    pool.max_memories_per_component(MEMORIES_PER_COMPONENT_MAX_COUNT);
    pool.max_tables_per_component(TABLES_PER_COMPONENT_MAX_COUNT);
    pool.max_memories_per_module(MEMORIES_PER_COMPONENT_MAX_COUNT);
    pool.max_tables_per_module(TABLES_PER_COMPONENT_MAX_COUNT);
    pool.max_core_instance_size(1 << 20);
    pool.max_component_instance_size(1 << 20);
    pool.max_memory_size(memory_max_bytes);
    pool.table_elements(TABLE_ELEMENTS_MAX_COUNT);
    pool.linear_memory_keep_resident(MEMORY_KEEP_BYTES);
    pool.table_keep_resident(TABLE_KEEP_BYTES);
    pool.async_stack_keep_resident(STACK_KEEP_BYTES);
    pool.max_unused_warm_slots(UNUSED_WARM_SLOTS_MAX_COUNT);
    pool.decommit_batch_size(1);
    // Resets only the pages that a guest touched, where the kernel can tell.
    pool.pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

/// A thread of its own, so that no guest and no busy runtime can hold the clock back.
fn start_ticker(engine: &Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(EPOCH_TICK_MS));
        }
    };
    std::thread::Builder::new().name("sandbox-ticker".into()).spawn(tick)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_may_use_what_is_listed_and_no_more() {
        let Engines { journaled, activity } = Engines::new().unwrap();
        for engine in [&journaled, &activity] {
            assert_eq!(engine.get_wasm_features(), FEATURES);
            assert!(!engine.get_concurrency_support() && !engine.get_shared_memory());
        }
        assert!(journaled.get_consume_fuel() && !journaled.get_epoch_interruption());
        assert!(activity.get_epoch_interruption() && !activity.get_consume_fuel());
        assert_eq!(journaled.get_cranelift_nan_canonicalization(), Some(true));
    }
}
