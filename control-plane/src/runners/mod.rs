//! Runner hosts, for operators: how they are, and which of them gets no new work. All of it is the
//! dispatcher's own state (`execution/runners.rs`): what is drained here is so until it is resumed or
//! this control-plane is started anew.

pub mod api;
