//! How one operation is described: what it reads, what it answers, and what it refuses.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use utoipa::openapi::content::Content;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::openapi::{RefOr, Required};

use super::super::refusal::{CODE_HEADER, passes_by_itself, status};
use super::schemas;
use crate::problem::Code;

pub(super) const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain";

/// An operation that is being described.
pub(super) struct Described {
    method: HttpMethod,
    path: String,
    builder: OperationBuilder,
    answers: BTreeMap<StatusCode, Answer>,
}

/// All that is answered with one status.
#[derive(Default)]
struct Answer {
    texts: Vec<String>,
    content: BTreeMap<&'static str, Vec<RefOr<Schema>>>,
    headers: BTreeMap<String, (RefOr<Schema>, String)>,
    codes: Vec<Code>,
}

/// How a refusal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A document with the code, the message and a hint.
    Document,
    /// The message as a JSON string.
    Text,
    /// An empty body.
    Empty,
}

impl Described {
    /// An operation with the refusals that any request may meet.
    pub fn new(method: HttpMethod, path: impl Into<String>, id: &str, summary: &str) -> Self {
        let builder = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
        let described = Self { method, path: path.into(), builder, answers: BTreeMap::new() };
        match described.method {
            HttpMethod::Get => described,
            _ => described.refuses(&[Code::CrossSite]),
        }
        .refuses(&[Code::HostNotAllowed, Code::TooManyHeaders, Code::InternalError])
    }

    /// What there is to know beyond the summary.
    pub fn says(self, text: &str) -> Self {
        Self { builder: self.builder.description(Some(text)), ..self }
    }

    /// A segment of the path.
    pub fn segment(self, name: &str, schema: impl Into<RefOr<Schema>>, text: &str) -> Self {
        self.parameter(ParameterIn::Path, Required::True, name, schema, text)
    }

    /// A query parameter that may be left out.
    pub fn query(self, name: &str, schema: impl Into<RefOr<Schema>>, text: &str) -> Self {
        self.parameter(ParameterIn::Query, Required::False, name, schema, text)
    }

    /// A query parameter that must be there.
    pub fn must_query(self, name: &str, schema: impl Into<RefOr<Schema>>, text: &str) -> Self {
        self.parameter(ParameterIn::Query, Required::True, name, schema, text)
    }

    /// A header of the request.
    pub fn header(self, name: &str, schema: impl Into<RefOr<Schema>>, text: &str) -> Self {
        self.parameter(ParameterIn::Header, Required::False, name, schema, text)
    }

    fn parameter(
        self,
        place: ParameterIn,
        required: Required,
        name: &str,
        schema: impl Into<RefOr<Schema>>,
        text: &str,
    ) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
        let parameter = parameter.schema(Some(schema)).description(Some(text));
        Self { builder: self.builder.parameter(parameter), ..self }
    }

    /// A JSON body that may be left out.
    pub fn body(self, schema: impl Into<RefOr<Schema>>, text: &str) -> Self {
        self.bodies([(JSON, schema)], text)
    }

    /// A body of one of these types, which may be left out.
    pub fn bodies<const N: usize>(self, bodies: [(&str, impl Into<RefOr<Schema>>); N], text: &str) -> Self {
        let body = RequestBodyBuilder::new().description(Some(text));
        let body = bodies.into_iter().fold(body, |body, (kind, schema)| body.content(kind, Content::new(Some(schema))));
        Self { builder: self.builder.request_body(Some(body.build())), ..self }
    }

    /// An answer without a body.
    pub fn empty(mut self, status: StatusCode, text: &str) -> Self {
        self.answers.entry(status).or_default().texts.push(text.to_owned());
        self
    }

    /// An answer with a JSON body.
    pub fn answers(self, status: StatusCode, schema: impl Into<RefOr<Schema>>, text: &str) -> Self {
        self.answers_as(status, JSON, schema, text)
    }

    /// An answer with a body of another type.
    pub fn answers_as(
        mut self,
        status: StatusCode,
        content: &'static str,
        schema: impl Into<RefOr<Schema>>,
        text: &str,
    ) -> Self {
        let answer = self.answers.entry(status).or_default();
        answer.texts.push(text.to_owned());
        answer.content.entry(content).or_default().push(schema.into());
        self
    }

    /// A header of the answers with this status.
    pub fn with(mut self, status: StatusCode, header: impl ToString, text: &str) -> Self {
        let answer = self.answers.entry(status).or_default();
        answer.headers.insert(header.to_string(), (schemas::text().into(), text.to_owned()));
        self
    }

    /// Refusals that look as they do everywhere.
    pub fn refuses(self, codes: &[Code]) -> Self {
        codes.iter().fold(self, |described, &code| {
            let status = status(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            described.refuses_with(status, code, Form::Document)
        })
    }

    /// A refusal that the contract wants otherwise here.
    pub fn refuses_with(mut self, status: StatusCode, code: Code, form: Form) -> Self {
        let answer = self.answers.entry(status).or_default();
        if answer.codes.contains(&code) {
            return self;
        }
        answer.texts.push(format!("`{code}`: {}", code.meaning()));
        answer.codes.push(code);
        let schema = match form {
            Form::Document if status == StatusCode::BAD_REQUEST => Some(schemas::named(schemas::BAD_REQUEST)),
            Form::Document => Some(schemas::named(schemas::REFUSAL)),
            Form::Text => Some(schemas::text().into()),
            Form::Empty => None,
        };
        if let Some(schema) = schema {
            let known = answer.content.entry(JSON).or_default();
            if !known.contains(&schema) {
                known.push(schema);
            }
        }
        self
    }

    /// The method, the path and the finished description.
    pub fn build(self) -> (HttpMethod, String, Operation) {
        let answers = self.answers.into_iter();
        let builder = answers
            .fold(self.builder, |builder, (status, answer)| builder.response(status.as_str(), answer.build(status)));
        (self.method, self.path, builder.build())
    }
}

impl Answer {
    fn build(self, status: StatusCode) -> Response {
        let mut builder = ResponseBuilder::new().description(self.texts.join(" "));
        for (kind, schemas) in self.content {
            builder = builder.content(kind, Content::new(Some(any_of(schemas))));
        }
        let mut headers = self.headers;
        if !self.codes.is_empty() {
            let words = self.codes.iter().map(|code| code.as_str());
            let text = "The code of the refusal.".to_owned();
            headers.insert(CODE_HEADER.to_string(), (schemas::one_of(words).into(), text));
            if passes_by_itself(status) {
                let text = "After how many seconds to try again.".to_owned();
                headers.insert(RETRY_AFTER.to_string(), (schemas::text().into(), text));
            }
        }
        for (name, (schema, text)) in headers {
            builder = builder.header(name, HeaderBuilder::new().schema(Some(schema)).description(Some(text)).build());
        }
        builder.build()
    }
}

fn any_of(mut schemas: Vec<RefOr<Schema>>) -> RefOr<Schema> {
    match schemas.len() {
        1 => schemas.remove(0),
        _ => schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item).into(),
    }
}
