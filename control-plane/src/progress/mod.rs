//! What students have done: attempts, solved problems, points, badges, drafts. Completion is
//! written by `store::record_judged` inside the transaction that stores a judged submission, and
//! nowhere else.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
