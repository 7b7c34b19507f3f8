//! The bare server's face: the stack of the host (axum on a loop of hyper's HTTP/1.1 with timers), two routes.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use kernel::limits::HTTP_HEAD_TIMEOUT_MS;
use tokio::net::TcpListener;

use super::Bare;
use crate::rows::ORCHESTRATORS;

pub(super) async fn serve(bare: Bare, port: u16) -> Result<()> {
    let router = Router::new()
        .route(&format!("{ORCHESTRATORS}/{{name}}"), post(start))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ready\n" }))
        .with_state(bare);
    let routes = TowerToHyperService::new(router);
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(HTTP_HEAD_TIMEOUT_MS));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(protocol.serve_connection(TokioIo::new(stream), routes.clone()));
    }
}

async fn start(State(bare): State<Bare>, Path(name): Path<String>, input: Bytes) -> Response {
    match bare.run(&name, &input).await {
        Ok(output) => {
            ([(CONTENT_TYPE, "application/json; charset=utf-8")], output.inline().unwrap_or_default().to_vec())
                .into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}
