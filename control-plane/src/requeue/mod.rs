//! Beginning again what is stuck: for operators, by command. Nothing is lost and nothing stored twice by
//! it, whatever still works on it: the attempt's number rises, and every write of a result names its
//! attempt. A control-plane finds the mark and queues it (`execution::adopt`).

pub mod model;
pub mod service;
pub mod store;

#[cfg(test)]
mod tests;
