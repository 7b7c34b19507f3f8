//! Equipment of the tests: what several of them share.

pub mod host;
pub mod http;
pub mod languages;
pub mod sim;
