//! The accept loop: every limit of a connection is set here, and a panic ends one request, not the host.

use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use kernel::limits::{HTTP_CONNECTIONS_MAX_COUNT, HTTP_HEAD_MAX_BYTES, HTTP_HEAD_TIMEOUT_MS, STOP_GRACE_MS};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::routes::{Site, router};
use crate::problem::{Code, Problem};

/// How long the loop rests when the system has no descriptor for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then lets the requests in flight end.
pub async fn serve(listener: TcpListener, site: Site, stop: impl Future<Output = ()>) {
    let routes = TowerToHyperService::new(router(site.clone()));
    let connections = Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX_COUNT));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, permit) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let (site, routes) = (site.clone(), routes.clone());
        let service = service_fn(move |request| {
            let (site, routes) = (site.clone(), routes.clone());
            async move { Ok::<_, Infallible>(answer(&site, &routes, request).await) }
        });
        let connection = graceful.watch(protocol().serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_millis(STOP_GRACE_MS), graceful.shutdown()).await.is_err() {
        tracing::info!("requests that still waited were cut off");
    }
}

fn protocol() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HTTP_HEAD_TIMEOUT_MS))
        .max_header_size(HTTP_HEAD_MAX_BYTES)
        .max_buf_size(HTTP_HEAD_MAX_BYTES);
    builder
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let permit = Arc::clone(connections).acquire_owned().await.expect("nobody closes the semaphore");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and complete; to hold them back for more helps nobody.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection broke before its first request");
                    continue;
                }
                return (stream, permit);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(
    site: &Site,
    routes: &TowerToHyperService<Router>,
    request: hyper::Request<Incoming>,
) -> hyper::Response<Body> {
    if let Err(problem) = site.guard().check(request.method(), request.headers()) {
        return problem.into_response();
    }
    match unpanicked(routes.call(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(panic) => report(panic.as_ref()),
    }
}

/// Runs a future and catches its panic. It is not polled again after one.
async fn unpanicked<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

fn report(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without a message"), "a request handler panicked");
    Problem::new(Code::InternalError, "the host has a defect; its log says where").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        assert_eq!(unpanicked(async { 1 }).await.ok(), Some(1));
        let panic = unpanicked(async { panic!("at {}", 3) }).await.map(|never: Infallible| never).unwrap_err();
        assert_eq!(report(panic.as_ref()).status(), 500);
    }
}
