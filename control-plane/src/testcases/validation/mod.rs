//! Tries out the tests of a problem with its author's programs: the reference solution must pass
//! all of them, and no wrong solution may. The programs run as submissions do (`trial`); what is
//! amiss is said in warnings (`model`). Nothing is stored.

pub mod api;
pub mod model;
pub mod service;
mod trial;

#[cfg(test)]
mod tests;
