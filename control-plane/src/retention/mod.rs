//! What goes when it is old: at an operator's word, and by itself while a server runs. Results of
//! runs and submissions go by `execution::engine`, after the same times.

pub mod housekeeping;
pub mod model;
pub mod service;
