//! What holds for every store of blobs, tried on each: memory, a folder, and a server that speaks S3.
//!
//! The server comes from PyPI. Its packages are installed once, which needs the network; without them the test fails and
//! says so.

mod server;
mod stores;
mod suite;
