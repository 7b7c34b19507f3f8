//! Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.

#![allow(dead_code, missing_docs, clippy::all, reason = "it is written by a tool")]
