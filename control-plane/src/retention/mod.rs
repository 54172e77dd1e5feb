//! What goes when it is old, at an operator's word. A server deletes the same by itself, after the
//! times of its configuration: `execution::engine` and `server` do that.

pub mod model;
pub mod service;
