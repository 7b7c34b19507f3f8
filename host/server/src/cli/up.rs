//! `up`: from manifests to a host that serves, and its orderly end.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Instant;

use kernel::model::FunctionKind;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::{self, Up};
use super::exit::{CliError, Exit};
use super::log;
use super::output::{note, size};
use super::watch::{self, Area, Files, Watch};
use crate::build::{Source, build, read, sources};
use crate::config::{Exposure, HubName, Settings, check_exposure};
use crate::http::{API_BASE, HostGuard, Origin, Site, UrlBase, WEBHOOK_BASE, serve};
use crate::hub::{self, Bound, DeployError, Hub, OpenError, OpenOptions};
use crate::problem::{Code, Problem};
use crate::triggers::{Bindings, InvalidBindings, Live};

/// Builds, deploys and serves until a signal says stop.
pub fn run(args: Up) -> Result<Exit, CliError> {
    log::init(args.log_format)?;
    let name = HubName::parse(&args.hub)?;
    let address = SocketAddr::new(args.host, args.port);
    check_exposure(address, if args.insecure { Exposure::Anyone } else { Exposure::LoopbackOnly })?;
    let paths = paths(&args);
    let sources = sources(&paths)?;
    // What changes while it is built for the first time has changed, too.
    let files = match args.watch {
        true => Some(Files::watch(Area::of(&paths, &sources, &args.data)?)?),
        false => None,
    };
    for source in &sources {
        build(source, args.installs.installs(), note)?;
    }
    let settings = settings(&args)?;
    for source in &sources {
        source.bindings.check_connections(settings.streams.keys().map(String::as_str)).map_err(refused)?;
    }
    // Taken before the hub is opened, so that a port in use is told before anything happens in the data folder.
    let listener = listen(address)?;
    let (hub, running) = hub::open(options(&args, &name, &settings)).map_err(open_problem)?;
    let served = runtime().and_then(|runtime| {
        let served =
            runtime.block_on(deploy_and_serve(&args, settings, Sources { paths, sources, files }, listener, hub, name));
        // What still waits was told that the host stops.
        runtime.shutdown_background();
        served
    });
    running.stop();
    served.map(|()| Exit::DONE)
}

/// What is deployed.
struct Sources {
    /// As the command line has it.
    paths: Vec<PathBuf>,
    sources: Vec<Source>,
    /// If changes are watched.
    files: Option<Files>,
}

async fn deploy_and_serve(
    args: &Up,
    settings: Settings,
    Sources { paths, sources, files }: Sources,
    listener: TcpListener,
    hub: Hub,
    name: HubName,
) -> Result<(), CliError> {
    let mut signals = Signals::listen()?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| no_system(&error))?;
    let address = listener.local_addr().map_err(|error| no_system(&error))?;
    tokio::select! {
        deployed = deploy(&hub, &sources) => deployed?,
        () = signals.next() => return Ok(()),
    }
    let bound = hub.bound();
    let here = address.to_string();
    let urls = UrlBase::new(Origin { scheme: "http", host: &here }, name.clone());
    let connections = settings.streams.keys().cloned().collect();
    let live = Live::start(&hub, settings.streams, urls).await?;
    let routes = live.routes();
    announce(args, &hub, &bound, address);
    let guard = match address.ip().is_loopback() {
        true => HostGuard::Loopback(args.allow_host.clone()),
        false => HostGuard::Any,
    };
    let stop = async move {
        signals.next().await;
        note("stopping; a second signal stops at once");
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(Exit::INTERRUPTED.code().into());
        });
    };
    let site = Site::new(hub.clone(), name, guard, settings.http.forwarded_headers, routes);
    match files {
        None => {
            let _live = live;
            serve(listener, site, stop).await;
        }
        Some(files) => {
            let (data, installs) = (args.data.clone(), args.installs.installs());
            let base = format!("http://{address}{API_BASE}");
            let watch = Watch { paths, data, installs, connections, sources, files, hub, live, base };
            let watching = tokio::spawn(watch::run(watch));
            serve(listener, site, stop).await;
            watching.abort();
        }
    }
    Ok(())
}

fn paths(args: &Up) -> Vec<PathBuf> {
    match args.paths.is_empty() && Path::new("dacapo.toml").is_file() {
        true => vec![".".into()],
        false => args.paths.clone(),
    }
}

async fn deploy(hub: &Hub, sources: &[Source]) -> Result<(), CliError> {
    for source in sources {
        deploy_one(hub, &source.wasm, &source.bindings).await?;
    }
    Ok(())
}

/// Deploys a component that is built, and says so.
pub(super) async fn deploy_one(hub: &Hub, file: &Path, bindings: &Bindings) -> Result<(), CliError> {
    let bytes = read(file)?;
    let (begun, length) = (Instant::now(), bytes.len());
    let deployed = hub.deploy(bytes, bindings.clone()).await.map_err(|error| match error {
        DeployError::Refused(refusal) => CliError::refused(file, &refusal),
        DeployError::Bindings(error) => refused(error).into(),
        DeployError::Storage(_) => {
            Problem::new(Code::ComponentNotStored, format!("{}: {error}", file.display())).into()
        }
    })?;
    let (length, took) = (size(length), begun.elapsed().as_millis());
    note(&format!("deployed {} ({length}, sha256:{}, {took} ms)", file.display(), deployed.digest.short()));
    Ok(())
}

/// Tells what is served and where. Scripts look for the line that says `listening`; it is the last one.
fn announce(args: &Up, hub: &Hub, bound: &[Bound], address: SocketAddr) {
    let functions = hub.functions();
    let named = |kind| {
        let of_kind = functions.iter().map(|deployed| &deployed.function).filter(move |f| f.kind == kind);
        of_kind.map(|function| function.name.as_str().to_owned()).collect::<Vec<_>>()
    };
    let (orchestrators, activities) = (named(FunctionKind::Orchestrator), named(FunctionKind::Activity));
    if !activities.is_empty() {
        note(&format!("activities: {}", activities.join(", ")));
    }
    let base = format!("http://{address}{API_BASE}");
    for (kind, text) in bound.iter().flat_map(|bound| bound.bindings.lines(&base)) {
        note(&format!("{kind}: {text}"));
    }
    for name in &orchestrators {
        note(&format!("  curl -X POST http://{address}{WEBHOOK_BASE}/orchestrators/{name} -d null"));
    }
    if orchestrators.is_empty() {
        note("no orchestrators are deployed; name a dacapo.toml or a .wasm file to deploy some");
    }
    note(&format!("hub {} in {} is listening on http://{address}", hub.name(), args.data.display()));
}

/// The file of settings that is named, or the one in the data folder if there is one.
fn settings(args: &Up) -> Result<Settings, CliError> {
    let path = args.config.clone().unwrap_or_else(|| args.data.join("dacapo.host.toml"));
    if args.config.is_none() && !path.is_file() {
        return Ok(Settings::default());
    }
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Problem::new(Code::InvalidSetting, format!("{}: it cannot be read: {error}", path.display()))
    })?;
    Ok(Settings::parse(&text, &path)?)
}

fn options(args: &Up, name: &HubName, settings: &Settings) -> OpenOptions {
    OpenOptions {
        data: args.data.clone(),
        hub: name.as_str().to_owned(),
        durability: match args.durability {
            args::Durability::Full => store_sqlite::Durability::Full,
            args::Durability::Relaxed => store_sqlite::Durability::Relaxed,
        },
        storage_max_pages: args.storage_max_pages,
        egress: settings.egress.clone(),
        blobs: settings.blobs.options(&args.data.join("hubs").join(name.as_str()), name),
        payload_max_bytes: settings.payloads.max_bytes,
    }
}

fn refused(error: InvalidBindings) -> Problem {
    Problem::new(Code::InvalidManifest, error.to_string())
}

fn open_problem(error: OpenError) -> Problem {
    use store_sqlite::OpenError as Store;
    let code = match &error {
        OpenError::Store(Store::Locked { .. }) => Code::DataLocked,
        OpenError::Store(Store::NotOurs { .. }) => Code::DataForeign,
        OpenError::Store(Store::NewerSchema { .. }) => Code::DataNewer,
        OpenError::Store(Store::Damaged { .. } | Store::Io { .. }) | OpenError::Catalog(_) => Code::DataUnusable,
        OpenError::Blobs(blobs::OpenBlobsError::Options(_)) => Code::InvalidSetting,
        OpenError::Blobs(blobs::OpenBlobsError::Folder { .. }) => Code::DataUnusable,
        OpenError::Sandbox(sandbox::OpenError::Artifacts(_)) => Code::DataUnusable,
        OpenError::Sandbox(sandbox::OpenError::Engine(_)) | OpenError::Threads(_) => Code::InternalError,
    };
    Problem::new(code, error.to_string())
}

fn listen(address: SocketAddr) -> Result<TcpListener, Problem> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|error| Problem::new(Code::AddressUnavailable, format!("{address} cannot be used: {error}")))
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("http").build();
    runtime.map_err(|error| no_system(&error).into())
}

fn no_system(error: &std::io::Error) -> Problem {
    Problem::new(Code::InternalError, format!("the system refuses what a server needs: {error}"))
}

/// What the operator or the supervisor says.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Problem> {
        let on = |kind| signal(kind).map_err(|error| no_system(&error));
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
