//! Tests of problems. Their data is sealed before it reaches the database and opened only here.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
pub mod validation;
