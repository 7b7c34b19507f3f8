//! The binary `dacapo`.

fn main() -> std::process::ExitCode {
    server::cli::main()
}
