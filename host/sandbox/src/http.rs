//! The HTTP trigger: a component that answers requests through `wasi:http/incoming-handler`, whatever made it.
//!
//! It owns one exchange: the request goes in and the response comes out as streams, and a guest that is silent for too
//! long is given up. It does not know routes, nor what a client is told of a fault. Until the response begins the guest
//! runs where the exchange is polled, and ends with it; after that it runs in a task of its own, since it may have work
//! left when its response is out.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONNECTION, HeaderMap, HeaderName, TE, TRAILER};
use hyper::{Request, Response};
use kernel::limits::{ACTIVITY_TIMEOUT_MAX_MS, TRIGGER_TIMEOUT_MS};
use kernel::model::{Failure, Millis, kind};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wasmtime::Store;
use wasmtime::component::Resource;
use wasmtime_wasi_http::p2::bindings::ProxyIndices;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::p2::types::{HostIncomingRequest, HostResponseOutparam};
use wasmtime_wasi_http::{Error, WasiHttpView};

use crate::active::{Active, Lines, State};
use crate::client::Client;
use crate::fault::{guest_failure, unavailable};
use crate::log::LineSink;
use crate::watch::{GivenUp, Watch};

/// Why a request has no response. What a guest did wrong is for its author, not for the client of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The component is not there, or does not answer requests.
    #[error("{0}")]
    NotServed(String),
    /// The request cannot be handed to a guest.
    #[error("the request cannot be handed to a component: {0}")]
    Request(String),
    /// The host has no room for it now.
    #[error("{0}; try again")]
    Busy(String),
    /// The guest was silent for so long.
    #[error("the component took longer than {0}")]
    TimedOut(Millis),
    /// The guest failed.
    #[error("the component failed: {}: {}", .0.kind, .0.message)]
    Failed(Failure),
}

/// The body of a response while its guest writes it.
///
/// It breaks off if the guest fails before the end: what is missing can then be told from what is whole.
pub struct ResponseBody {
    body: HyperOutgoingBody,
    run: Run,
}

/// One exchange, as both its sides see it. Cheap to clone; all clones are the same exchange.
#[derive(Clone)]
struct Run {
    watch: Watch,
    /// What went wrong. It is there before the guest is gone.
    fault: Arc<OnceLock<HttpFault>>,
}

/// A component that is ready to answer requests.
#[derive(Clone)]
pub(crate) struct HttpTrigger {
    component: Arc<Active>,
    guest: ProxyIndices,
}

type Handed = (Resource<HostIncomingRequest>, Resource<HostResponseOutparam>);

impl HttpTrigger {
    /// Looks the role up.
    pub(crate) fn new(component: Arc<Active>) -> wasmtime::Result<Self> {
        let guest = ProxyIndices::new(component.instance())?;
        Ok(Self { component, guest })
    }

    /// Answers one request. `slot` is held as long as the guest runs.
    pub(crate) async fn serve<B>(
        &self,
        request: Request<B>,
        client: Arc<dyn Client>,
        slot: OwnedSemaphorePermit,
    ) -> Result<Response<ResponseBody>, HttpFault>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let run = Run { watch: Watch::default(), fault: Arc::default() };
        let log = Some(LineSink::of_trigger(format!("{} {}", request.method(), request.uri().path())));
        let mut store = self.component.new_store(Lines { log, watch: run.watch.clone(), client });
        let (sender, mut receiver) = oneshot::channel();
        let handed =
            hand_over(&mut store, request, sender).map_err(|error| HttpFault::Request(format!("{error:#}")))?;
        let mut guest = Box::pin(run.clone().drive(self.clone(), store, handed, slot));
        let first = tokio::select! {
            biased;
            head = &mut receiver => Some(head),
            () = &mut guest => None,
        };
        let (head, running) = match first {
            Some(head) => (head.ok(), Some(guest)),
            // It was over before anybody looked for its answer.
            None => (receiver.try_recv().ok(), None),
        };
        match head {
            Some(Ok(response)) => {
                run.watch.sign_of_life();
                running.map(tokio::spawn);
                Ok(response.map(|body| ResponseBody { body, run }))
            }
            Some(Err(code)) => Err(failed(&format!("the guest answered with the error {code:?}"))),
            None => {
                let silent = || failed("the guest gave no response");
                Err(run.fault.get().cloned().unwrap_or_else(silent))
            }
        }
    }
}

impl Run {
    /// Runs the guest to its end, or until it is given up.
    async fn drive(self, trigger: HttpTrigger, mut store: Store<State>, handed: Handed, _slot: OwnedSemaphorePermit) {
        self.watch.begin(Millis(TRIGGER_TIMEOUT_MS), Millis(0)).expect("nobody cancels a watch that was just made");
        let fault = tokio::select! {
            biased;
            outcome = trigger.call(&mut store, handed) => outcome.err().map(|error| fault(&error)),
            why = self.watch.given_up() => Some(HttpFault::TimedOut(Millis(match why {
                GivenUp::Silent | GivenUp::Cancelled => TRIGGER_TIMEOUT_MS,
                GivenUp::TooLong => ACTIVITY_TIMEOUT_MAX_MS,
            }))),
        };
        if let Some(fault) = fault {
            tracing::warn!("an HTTP trigger failed: {fault}");
            self.fault.set(fault).expect("a guest ends once");
        }
        // The body ends with the store, and by then must know how.
        drop(store);
    }
}

impl HttpTrigger {
    async fn call(&self, store: &mut Store<State>, handed: Handed) -> wasmtime::Result<()> {
        let instance = self.component.instance().instantiate_async(&mut *store).await?;
        let guest = self.guest.load(&mut *store, &instance)?;
        let (request, response) = handed;
        guest.wasi_http_incoming_handler().call_handle(store, request, response).await
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = HttpFault;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpFault>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.run.watch.sign_of_life();
        let broken = self.run.fault.get().cloned();
        Poll::Ready(match frame {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => {
                Some(Err(broken.unwrap_or_else(|| failed(&format!("its response broke off: {error:?}")))))
            }
            None => broken.map(Err),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").field("fault", &self.run.fault).finish_non_exhaustive()
    }
}

fn hand_over<B>(
    store: &mut Store<State>,
    mut request: Request<B>,
    sender: oneshot::Sender<Result<Response<HyperOutgoingBody>, ErrorCode>>,
) -> wasmtime::Result<Handed>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    remove_hops(request.headers_mut());
    let request = request.map(|body| body.map_err(|_| Error::HttpProtocolError));
    let mut http = store.data_mut().http();
    Ok((http.new_incoming_request(Scheme::Http, request)?, http.new_response_outparam(sender)?))
}

/// Removes what is meant for the next hop alone. The others of these headers no guest is given anyway.
fn remove_hops(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse::<HeaderName>().ok());
    for name in named.chain([TE, TRAILER]).collect::<Vec<_>>() {
        headers.remove(name);
    }
}

fn failed(text: &str) -> HttpFault {
    HttpFault::Failed(Failure::host(kind::PROTOCOL, format!("{text}; check its code")))
}

fn fault(error: &wasmtime::Error) -> HttpFault {
    match unavailable(error) {
        Some(text) => HttpFault::Busy(text),
        None => HttpFault::Failed(guest_failure(error)),
    }
}
