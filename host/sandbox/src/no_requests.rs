//! What stands behind `wasi:http` for a component that may answer requests and not make any.

use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

/// Denies each request. Nothing gets here: `wasi:http/outgoing-handler` is not linked.
pub(crate) struct NoRequests;

type Outcome<T> = Box<dyn Future<Output = Result<T>> + Send>;

impl WasiHttpHooks for NoRequests {
    fn send_request(
        &mut self,
        _: hyper::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Outcome<()>,
    ) -> Outcome<(hyper::Response<WasiBody>, Outcome<()>)> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
