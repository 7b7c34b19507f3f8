//! Requests and responses over `wasi:http`. Only here are its resources, and the order in which they must be dropped.

use super::{Request, Response, problem, response::Body};
use crate::{
    bindings::http::{
        Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
        streams::{InputStream, OutputStream, StreamError},
    },
    component::Component,
    failure::{Failure, Result},
};

/// How much of a body is asked for at once.
const READ_MAX_BYTES: u64 = 64 << 10;

/// Serves one request.
pub(crate) fn handle(component: &Component, incoming: IncomingRequest, out: ResponseOutparam) {
    respond(component.serve(request(incoming)), out);
}

fn request(incoming: IncomingRequest) -> Request {
    let path = incoming.path_with_query().unwrap_or_else(|| "/".to_owned());
    let mut request = Request::new(&method(incoming.method()), &path);
    for (name, value) in incoming.headers().entries() {
        request = request.with_header(&name, value);
    }
    match incoming.consume() {
        Ok(body) => match body.stream() {
            Ok(stream) => request.with_chunks(Box::new(Reader { stream, _body: body, _request: incoming })),
            Err(()) => request,
        },
        Err(()) => request,
    }
}

/// The body of a request. Dropped in this order: the stream is a child of the body.
struct Reader {
    stream: InputStream,
    _body: IncomingBody,
    _request: IncomingRequest,
}

impl Iterator for Reader {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.stream.blocking_read(READ_MAX_BYTES) {
            Ok(chunk) => Some(Ok(chunk)),
            Err(StreamError::Closed) => None,
            Err(StreamError::LastOperationFailed(error)) => {
                Some(Err(Failure::new("broken-body", error.to_debug_string())))
            }
        }
    }
}

fn respond(response: Response, out: ResponseOutparam) {
    let (outgoing, body) = outgoing(response).unwrap_or_else(|failure| {
        outgoing(problem(&failure)).expect("a problem has a status and headers that are allowed")
    });
    let sink = outgoing.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(outgoing));
    // A body that is dropped and not finished tells the caller that a part is missing.
    if write(&sink, body).is_ok() {
        drop(OutgoingBody::finish(sink, None));
    }
}

fn outgoing(response: Response) -> Result<(OutgoingResponse, Body)> {
    let (status, headers, body) = response.into_parts();
    let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let headers = Fields::from_list(&headers)
        .map_err(|error| Failure::new("invalid-response", format!("a header is not allowed: {error:?}")))?;
    let outgoing = OutgoingResponse::new(headers);
    let invalid = |()| Failure::new("invalid-response", format!("{status} is no status"));
    outgoing.set_status_code(status).map_err(invalid)?;
    Ok((outgoing, body))
}

fn write(sink: &OutgoingBody, body: Body) -> Result<()> {
    let stream = sink.write().expect("the stream is taken once");
    match body {
        Body::Bytes(bytes) => write_all(&stream, &bytes).map_err(broken)?,
        Body::Chunks(chunks) => {
            for chunk in chunks {
                write_all(&stream, &chunk?).and_then(|()| stream.flush()).map_err(broken)?;
            }
        }
    }
    stream.blocking_flush().map_err(broken)
}

/// Writes as much at a time as the host takes.
fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    Ok(())
}

fn broken(error: StreamError) -> Failure {
    Failure::new("broken-body", error.to_string())
}

fn method(method: Method) -> String {
    match method {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        Method::Post => "POST".to_owned(),
        Method::Put => "PUT".to_owned(),
        Method::Delete => "DELETE".to_owned(),
        Method::Connect => "CONNECT".to_owned(),
        Method::Options => "OPTIONS".to_owned(),
        Method::Trace => "TRACE".to_owned(),
        Method::Patch => "PATCH".to_owned(),
        Method::Other(method) => method,
    }
}
