//! Finds a way to build a Rust guest for wasm, and builds it.
//!
//! The standard library for wasm comes with few toolchains, and the machine that holds it cannot be reached from
//! everywhere. So there are three ways, tried in order: the target is installed; rustup installs it; a toolchain that has
//! the library's sources builds it. What to do next is decided by [`next`] from [`Facts`] alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Readiness;
use super::command::{Installs, Narrator, ask, capture, on_path, run};
use crate::problem::{Code, Problem};

const TRIPLE: &str = "wasm32-unknown-unknown";
/// What brings a compiler with its library sources on Debian.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// The profile that a workspace may have for its guests.
const PROFILE: &str = "guest";

/// What is known of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Facts {
    /// The compiler on the path has the target.
    target: bool,
    /// rustup is there.
    rustup: Tool,
    /// Debian's package manager is there.
    apt: Tool,
    /// Compilers that could build the library.
    sources: Option<Toolchain>,
    /// What links wasm.
    linker: Option<Linker>,
}

/// A program that may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tool {
    /// Not there.
    #[default]
    Missing,
    /// There.
    Ready,
    /// Was asked, in vain.
    Tried,
}

/// A cargo and a rustc that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
}

/// What links wasm for a compiler that does not bring its own linker.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Linker {
    /// A folder with `rust-lld`, which the compiler looks for on the path.
    RustLldIn(PathBuf),
    /// LLVM's linker under its own name.
    WasmLd(PathBuf),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// Build with the target that is there.
    Plain,
    /// Let rustup install the target.
    AskRustup,
    /// Let apt install compiler and sources.
    AskApt,
    /// Build the library too.
    WithLibrary(Toolchain, Linker),
    /// There is no way.
    GiveUp,
}

fn next(facts: &Facts, installs: Installs) -> Next {
    let allowed = installs == Installs::Allowed;
    match facts {
        Facts { target: true, .. } => Next::Plain,
        Facts { rustup: Tool::Ready, .. } if allowed => Next::AskRustup,
        Facts { sources: Some(toolchain), linker: Some(linker), .. } => {
            Next::WithLibrary(toolchain.clone(), linker.clone())
        }
        Facts { apt: Tool::Ready, .. } if allowed => Next::AskApt,
        Facts { .. } => Next::GiveUp,
    }
}

/// How it stands with what builds Rust for wasm. Nothing is installed.
pub fn readiness() -> Readiness {
    let facts = Facts::find();
    match next(&facts, Installs::Refused) {
        Next::Plain | Next::WithLibrary(..) => Readiness::Found,
        Next::AskRustup | Next::AskApt | Next::GiveUp => Readiness::Missing(no_way(&facts)),
    }
}

/// Builds a package of the workspace around `dir` and gives back the core module.
pub fn build(dir: &Path, package: &str, installs: Installs, say: Narrator) -> Result<PathBuf, Problem> {
    let mut facts = Facts::find();
    loop {
        match next(&facts, installs) {
            Next::Plain => {
                say(&format!("building {package} for {TRIPLE}"));
                let cargo = std::env::var_os("CARGO").map_or(PathBuf::from("cargo"), PathBuf::from);
                return cargo_build(Command::new(cargo), dir, package, say);
            }
            Next::AskRustup => {
                say(&format!("no library for {TRIPLE} here; running: rustup target add {TRIPLE}"));
                let added = run(Command::new("rustup").args(["target", "add", TRIPLE]));
                facts = Facts { rustup: Tool::Tried, target: added.is_ok() && has_target(), ..facts };
            }
            Next::AskApt => {
                apt_install(say)?;
                facts = Facts { apt: Tool::Tried, rustup: facts.rustup, ..Facts::find() };
            }
            Next::WithLibrary(toolchain, linker) => {
                say(&format!("building {package} and the library for {TRIPLE} with {}", toolchain.rustc.display()));
                return cargo_build(with_library(&toolchain, &linker), dir, package, say);
            }
            Next::GiveUp => return Err(no_way(&facts)),
        }
    }
}

fn cargo_build(mut cargo: Command, dir: &Path, package: &str, say: Narrator) -> Result<PathBuf, Problem> {
    let profile = match has_guest_profile(dir) {
        true => PROFILE,
        false => "release",
    };
    // Its own folder, so that the library is built once and no build for this machine waits for the lock.
    let target_dir = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => std::path::absolute(target).map_err(|error| super::unreadable(dir, &error))?,
        None => workspace_root(dir).unwrap_or(dir.to_owned()).join("target"),
    };
    let target_dir = target_dir.join("guests");
    cargo.args(["build", "--lib", "--package", package, "--profile", profile, "--target", TRIPLE]);
    cargo.arg("--message-format=json-render-diagnostics").arg("--target-dir").arg(target_dir).current_dir(dir);
    // Flags and wrappers that are meant for this machine would break the build for another one.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    let messages = capture(&mut cargo)?;
    let module = messages.lines().rev().find_map(|line| artifact(line, package)).ok_or_else(|| {
        let text = format!("package {package} made no .wasm file; its [lib] needs crate-type = [\"cdylib\"]");
        Problem::new(Code::BuildFailed, text)
    })?;
    say(&format!("built {}", module.display()));
    Ok(module)
}

/// The module that a message of cargo announces, if it is that of the package.
fn artifact(line: &str, package: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact"
        || message["target"]["name"].as_str()?.replace('_', "-") != package.replace('_', "-")
    {
        return None;
    }
    let files = message["filenames"].as_array()?.iter().filter_map(serde_json::Value::as_str);
    files.map(PathBuf::from).find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

fn with_library(toolchain: &Toolchain, linker: &Linker) -> Command {
    let mut cargo = Command::new(&toolchain.cargo);
    cargo.env("RUSTC", &toolchain.rustc).env("RUSTC_BOOTSTRAP", "1");
    cargo.arg("-Zbuild-std=std,panic_abort");
    match linker {
        Linker::RustLldIn(dir) => {
            let rest = std::env::var_os("PATH").unwrap_or_default();
            let path = std::env::join_paths([dir.clone()].into_iter().chain(std::env::split_paths(&rest)));
            cargo.env("PATH", path.unwrap_or(rest));
        }
        Linker::WasmLd(file) => {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", file);
        }
    }
    cargo
}

fn apt_install(say: Narrator) -> Result<(), Problem> {
    say(&format!("no compiler here has library sources; running: apt-get install {}", DEBIAN_PACKAGES.join(" ")));
    run(Command::new("apt-get").args(["-qq", "update"]))?;
    let mut install = Command::new("apt-get");
    install.args(["-qq", "install", "-y", "--no-install-recommends"]).args(DEBIAN_PACKAGES);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn no_way(facts: &Facts) -> Problem {
    let rustup = match facts.rustup {
        Tool::Tried => "`rustup target add` was tried and failed".to_owned(),
        Tool::Ready | Tool::Missing => format!("run `rustup target add {TRIPLE}`"),
    };
    let library = match (&facts.sources, &facts.linker) {
        (Some(_), None) => {
            "a compiler with library sources is here, but nothing that links wasm: install `lld`".to_owned()
        }
        _ => {
            let packages = DEBIAN_PACKAGES.join(" ");
            format!("install a compiler with its library sources (Debian: `apt-get install {packages}`)")
        }
    };
    let text = format!(
        "no Rust toolchain here builds for {TRIPLE}: (1) the compiler on the path has no library for it; (2) {rustup}; \
         (3) {library}"
    );
    Problem::new(Code::NoWasmTarget, text)
}

impl Facts {
    fn find() -> Self {
        if has_target() {
            return Self { target: true, ..Self::default() };
        }
        let tool = |name| if on_path(name).is_some() { Tool::Ready } else { Tool::Missing };
        let (default, debian) = (("cargo", "rustc"), ("/usr/bin/cargo", "/usr/bin/rustc"));
        let toolchains = [default, debian].map(|(cargo, rustc)| Toolchain { cargo: cargo.into(), rustc: rustc.into() });
        Self {
            target: false,
            rustup: tool("rustup"),
            apt: tool("apt-get"),
            sources: toolchains.into_iter().find(Toolchain::has_sources),
            linker: Linker::find(),
        }
    }
}

impl Toolchain {
    fn has_sources(&self) -> bool {
        let sysroot = ask(Command::new(&self.rustc).args(["--print", "sysroot"]));
        let library = Path::new("lib/rustlib/src/rust/library/std/Cargo.toml");
        sysroot.is_some_and(|sysroot| Path::new(&sysroot).join(library).is_file())
    }
}

impl Linker {
    fn find() -> Option<Self> {
        let rust_lld = |dir: PathBuf| dir.join("rust-lld").is_file().then_some(Self::RustLldIn(dir));
        let of_sysroot = || {
            let libraries = ask(Command::new("rustc").args(["--print", "target-libdir"]))?;
            rust_lld(Path::new(&libraries).parent()?.join("bin"))
        };
        let of_path = || rust_lld(on_path("rust-lld")?.parent()?.to_owned());
        let wasm_ld = || on_path("wasm-ld").map(Self::WasmLd);
        of_sysroot().or_else(of_path).or_else(wasm_ld).or_else(|| versioned_wasm_ld().map(Self::WasmLd))
    }
}

/// Debian installs the linker with LLVM's version in its name.
fn versioned_wasm_ld() -> Option<PathBuf> {
    let files = std::fs::read_dir("/usr/bin").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    files.filter(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("wasm-ld-"))).max()
}

fn has_target() -> bool {
    let libraries = ask(Command::new("rustc").args(["--print", "target-libdir", "--target", TRIPLE]));
    libraries.is_some_and(|dir| Path::new(&dir).is_dir())
}

fn workspace_root(dir: &Path) -> Option<PathBuf> {
    let locate = ["locate-project", "--workspace", "--message-format", "plain"];
    let manifest = ask(Command::new("cargo").args(locate).current_dir(dir))?;
    Some(Path::new(&manifest).parent()?.to_owned())
}

fn has_guest_profile(dir: &Path) -> bool {
    let text = workspace_root(dir).and_then(|root| std::fs::read_to_string(root.join("Cargo.toml")).ok());
    let manifest = text.and_then(|text| text.parse::<toml::Table>().ok());
    manifest.is_some_and(|manifest| manifest.get("profile").is_some_and(|profile| profile.get(PROFILE).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways() {
        let toolchain = || Toolchain { cargo: "/usr/bin/cargo".into(), rustc: "/usr/bin/rustc".into() };
        let linker = || Linker::RustLldIn("/lld".into());
        let bare = Facts { rustup: Tool::Ready, apt: Tool::Ready, ..Facts::default() };
        let able = Facts { sources: Some(toolchain()), linker: Some(linker()), ..bare.clone() };
        let check = |facts: Facts, installs, expect: Next| assert_eq!(next(&facts, installs), expect, "{facts:?}");
        let (allowed, refused) = (Installs::Allowed, Installs::Refused);

        check(Facts { target: true, ..able.clone() }, allowed, Next::Plain);
        check(able.clone(), refused, Next::WithLibrary(toolchain(), linker()));
        check(able.clone(), allowed, Next::AskRustup);
        check(Facts { rustup: Tool::Tried, ..able.clone() }, allowed, Next::WithLibrary(toolchain(), linker()));
        check(Facts { linker: None, ..able.clone() }, refused, Next::GiveUp);
        check(bare.clone(), refused, Next::GiveUp);
        check(Facts { rustup: Tool::Tried, ..bare.clone() }, allowed, Next::AskApt);
        check(Facts { rustup: Tool::Missing, ..bare.clone() }, allowed, Next::AskApt);
        check(Facts { rustup: Tool::Tried, apt: Tool::Tried, ..bare.clone() }, allowed, Next::GiveUp);
        check(Facts::default(), allowed, Next::GiveUp);
        let all = [("rustup target add", &bare), ("apt-get install", &bare), ("lld", &Facts { linker: None, ..able })];
        for (word, facts) in all {
            assert!(no_way(facts).message.contains(word), "{}", no_way(facts));
        }
    }

    #[test]
    fn artifacts() {
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(artifact(line, "fan-out"), expect.map(PathBuf::from), "{line}");
        };
        let line = |reason: &str, name: &str, file: &str| {
            format!(r#"{{"reason":"{reason}","target":{{"name":"{name}"}},"filenames":["/t/x.rlib","{file}"]}}"#)
        };
        check(&line("compiler-artifact", "fan_out", "/t/fan_out.wasm"), Some("/t/fan_out.wasm"));
        check(&line("compiler-artifact", "fan_out", "/t/fan_out.rmeta"), None);
        check(&line("compiler-artifact", "dacapo", "/t/dacapo.wasm"), None);
        check(&line("build-script-executed", "fan_out", "/t/fan_out.wasm"), None);
        check("not json", None);
    }
}
