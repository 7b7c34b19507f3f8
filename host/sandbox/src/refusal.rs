//! Why a component is not accepted, with a stable code for programs and a sentence for people.

use kernel::limits::COMPONENT_MAX_BYTES;

/// Why a component is not accepted. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are not WebAssembly, or damaged.
    #[error("not a valid WebAssembly component: {0}; build it again and check that the file arrived whole")]
    InvalidComponent(String),
    /// A core module has no interfaces.
    #[error(
        "this is a core WebAssembly module, not a component; build for a component target such as wasm32-wasip2, \
         or turn it into a component with `wasm-tools component new`"
    )]
    NotAComponent,
    /// Machine code from elsewhere cannot be trusted.
    #[error(
        "this is machine code (an ELF file, such as a precompiled .cwasm); machine code is never accepted: \
         deploy the .wasm component, and the host compiles it"
    )]
    PrecompiledNotAccepted,
    /// Too many bytes.
    #[error(
        "the component has {0} bytes; at most {COMPONENT_MAX_BYTES} are accepted: strip debug information, \
         or split it into several components"
    )]
    ComponentTooLarge(usize),
    /// It would cost too much to compile or to run.
    #[error("the component has {count} {what}; at most {limit} are accepted: make it smaller, or split it")]
    LimitsExceeded {
        /// What there is too much of.
        what: &'static str,
        /// How much there is, as far as was counted.
        count: u64,
        /// How much is accepted.
        limit: u64,
    },
    /// It needs something of WebAssembly that the host has turned off.
    #[error("the component uses a WebAssembly feature that is turned off here: {0}; build it without that feature")]
    UnsupportedFeature(String),
    /// It imports what its role is not granted.
    #[error("the import `{import}` is not allowed: {reason}")]
    ImportNotAllowed {
        /// The import as the component names it.
        import: String,
        /// Why not, and what to use instead.
        reason: &'static str,
    },
    /// It imports what no host of this kind has.
    #[error("the import `{import}` is not known; the closest that activities are granted is `{closest}`")]
    UnknownImport {
        /// The import as the component names it.
        import: String,
        /// The name most like it.
        closest: &'static str,
    },
    /// It is not a component for this host, or its interfaces are of another shape.
    #[error("not a component of package dacapo:durable@0.1.0: {0}")]
    WorldMismatch(String),
    /// It trapped before it was asked anything.
    #[error("the component cannot be instantiated: {0}; let nothing fail before its functions are called")]
    InitFailed(String),
    /// It ran and ran before it was asked anything.
    #[error("the component did not finish its start function in time; move the work into an activity")]
    InitTimeout,
    /// It asks for more memory than its role may have, before it was asked anything.
    #[error("the component needs too much memory to begin with: {0}; build it with a smaller minimum")]
    MemoryLimit(String),
    /// The compiler refuses it.
    #[error("the component cannot be compiled: {0}; report it if other hosts accept the component")]
    CompileFailed(String),
    /// Its catalogue cannot be used.
    #[error("`functions.describe` of the component cannot be used: {0}")]
    DescribeFailed(String),
}

impl Refusal {
    /// The word that stays the same from release to release.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidComponent(_) => "invalid_component",
            Self::NotAComponent => "not_a_component",
            Self::PrecompiledNotAccepted => "precompiled_not_accepted",
            Self::ComponentTooLarge(_) => "component_too_large",
            Self::LimitsExceeded { .. } => "component_limits_exceeded",
            Self::UnsupportedFeature(_) => "unsupported_feature",
            Self::ImportNotAllowed { .. } => "import_not_allowed",
            Self::UnknownImport { .. } => "unknown_import",
            Self::WorldMismatch(_) => "world_mismatch",
            Self::InitFailed(_) => "init_failed",
            Self::InitTimeout => "init_timeout",
            Self::MemoryLimit(_) => "memory_limit",
            Self::CompileFailed(_) => "compile_failed",
            Self::DescribeFailed(_) => "describe_failed",
        }
    }
}
