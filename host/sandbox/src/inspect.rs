//! What a component is and whether it is accepted, found by reading it: nothing is compiled and nothing is run.
//!
//! It owns the limits on the shape of a component. Every byte comes from outside and is taken for hostile;
//! the parser is the engine's own, so that both see the same component.

use kernel::limits::{
    ACTIVITY_MEMORY_MAX_BYTES, COMPONENT_MAX_BYTES, ORCHESTRATOR_MEMORY_MAX_BYTES, TABLE_ELEMENTS_MAX_COUNT,
    WASM_DATA_SEGMENTS_MAX_COUNT, WASM_FUNCTION_BODY_MAX_BYTES, WASM_FUNCTIONS_MAX_COUNT, WASM_MODULES_MAX_COUNT,
    WASM_NESTING_MAX_DEPTH,
};
use kernel::model::ComponentDigest;
use wasmtime::wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmtime::wasmparser::types::Types;
use wasmtime::wasmparser::{BinaryReaderError, Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::engine::FEATURES;
use crate::imports::{self, Answered};
use crate::refusal::Refusal;
use crate::roles::{FUNCTIONS, Roles};

/// What is known of a component that is fit to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// SHA-256 of its bytes.
    pub digest: ComponentDigest,
    /// Which roles it has.
    pub roles: Roles,
    /// What it imports, beside interfaces that have only types.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
}

impl Inspection {
    /// How each of its imports is answered.
    pub fn answers(&self) -> impl Iterator<Item = Answered<'_>> {
        self.imports.iter().map(|import| imports::answered(import, &self.roles))
    }
}

/// Reads a component and decides whether it may be compiled.
pub fn inspect(component: &[u8]) -> Result<Inspection, Refusal> {
    check_format(component)?;
    let outline = Outline::read(component)?;
    let types = validate(component)?;
    let roles = roles_of(&outline.exports)?;
    let has_functions = |name: &&String| !is_only_types(&types, name);
    let imports: Vec<_> = outline.imports.iter().filter(has_functions).cloned().collect();
    imports.iter().try_for_each(|import| imports::check(import, &roles))?;
    let cap = if roles.has_journaled() { ORCHESTRATOR_MEMORY_MAX_BYTES } else { ACTIVITY_MEMORY_MAX_BYTES };
    if outline.memory_min_bytes > cap as u64 {
        let text = format!("a memory of at least {} bytes, where {cap} are allowed", outline.memory_min_bytes);
        return Err(Refusal::MemoryLimit(text));
    }
    Ok(Inspection { digest: ComponentDigest::of(component), roles, imports, exports: outline.exports })
}

/// Tells by the first bytes what it is, so that the most common mistakes have a message of their own.
fn check_format(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.starts_with(b"\x7fELF") {
        return Err(Refusal::PrecompiledNotAccepted);
    }
    if bytes.len() > COMPONENT_MAX_BYTES {
        return Err(Refusal::ComponentTooLarge(bytes.len()));
    }
    if !bytes.starts_with(b"\0asm") {
        let text = match bytes.trim_ascii_start().first() {
            None => "the file is empty",
            Some(b'(') => "it is WebAssembly text, which `wasm-tools parse` turns into a component",
            Some(_) => "it does not begin with the bytes of WebAssembly",
        };
        return Err(Refusal::InvalidComponent(text.to_owned()));
    }
    if Parser::is_core_wasm(bytes) { Err(Refusal::NotAComponent) } else { Ok(()) }
}

fn validate(component: &[u8]) -> Result<Types, Refusal> {
    match Validator::new_with_features(FEATURES).validate_all(component) {
        Ok(types) => Ok(types),
        Err(error) => match Validator::new_with_features(WasmFeatures::all()).validate_all(component) {
            Ok(_) => Err(Refusal::UnsupportedFeature(error.to_string())),
            Err(_) => Err(invalid(error)),
        },
    }
}

fn invalid(error: BinaryReaderError) -> Refusal {
    Refusal::InvalidComponent(error.to_string())
}

fn roles_of(exports: &[String]) -> Result<Roles, Refusal> {
    let Some(roles) = Roles::of(exports.iter().map(String::as_str)) else {
        let found = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
        let text = format!(
            "it exports no role, such as `dacapo:durable/orchestrator@0.1.0` or `wasi:http/incoming-handler@0.2.0`; \
             it exports {found}"
        );
        return Err(Refusal::WorldMismatch(text));
    };
    if roles.need_functions() && !exports.iter().any(|export| export == FUNCTIONS) {
        let text =
            format!("it does not export `{FUNCTIONS}`, which every component with such roles has; the SDK adds it");
        return Err(Refusal::WorldMismatch(text));
    }
    Ok(roles)
}

/// Whether an import needs nothing of the host: bindings import the types that their exports mention.
fn is_only_types(types: &Types, import: &str) -> bool {
    let plain = |ty: &ComponentEntityType| {
        matches!(ty, ComponentEntityType::Type { referenced, .. }
            if !matches!(referenced, ComponentAnyTypeId::Resource(_)))
    };
    let types = types.as_ref();
    match types.component_item_for_import(import).map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => types[id].exports.values().all(|item| plain(&item.ty)),
        Some(ty) => plain(&ty),
        None => false,
    }
}

/// The shape of a component.
#[derive(Default)]
struct Outline {
    imports: Vec<String>,
    exports: Vec<String>,
    depth: usize,
    modules: usize,
    functions: u32,
    memory_min_bytes: u64,
}

impl Outline {
    fn read(component: &[u8]) -> Result<Self, Refusal> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(component) {
            outline.take(payload.map_err(invalid)?)?;
        }
        Ok(outline)
    }

    fn take(&mut self, payload: Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::Version { encoding, .. } => {
                self.depth += 1;
                self.modules += usize::from(encoding == Encoding::Module);
                at_most("core modules", self.modules, WASM_MODULES_MAX_COUNT)?;
                at_most("levels of nesting", self.depth, WASM_NESTING_MAX_DEPTH)
            }
            Payload::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Payload::FunctionSection(functions) => {
                self.functions = self.functions.saturating_add(functions.count());
                at_most("core functions", self.functions as usize, WASM_FUNCTIONS_MAX_COUNT as usize)
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let bytes = range.end - range.start;
                at_most("bytes in one core function", bytes, WASM_FUNCTION_BODY_MAX_BYTES)
            }
            Payload::DataSection(data) => {
                at_most("data segments in one module", data.count() as usize, WASM_DATA_SEGMENTS_MAX_COUNT as usize)
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory.map_err(invalid)?;
                    let bytes = memory.initial.saturating_mul(64 << 10);
                    self.memory_min_bytes = self.memory_min_bytes.max(bytes);
                }
                Ok(())
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let elements = usize::try_from(table.map_err(invalid)?.ty.initial).unwrap_or(usize::MAX);
                    at_most("elements in one table", elements, TABLE_ELEMENTS_MAX_COUNT)?;
                }
                Ok(())
            }
            Payload::ComponentImportSection(imports) if self.depth == 1 => {
                for import in imports {
                    self.imports.push(import.map_err(invalid)?.name.name.to_owned());
                }
                Ok(())
            }
            Payload::ComponentExportSection(exports) if self.depth == 1 => {
                for export in exports {
                    self.exports.push(export.map_err(invalid)?.name.name.to_owned());
                }
                Ok(())
            }
            // All else has no limit of its own; the validator has looser ones.
            _ => Ok(()),
        }
    }
}

fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), Refusal> {
    if count > limit {
        return Err(Refusal::LimitsExceeded { what, count: count as u64, limit: limit as u64 });
    }
    Ok(())
}
