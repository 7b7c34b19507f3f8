//! Golden files and damage.
