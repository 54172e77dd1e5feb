//! Problems and their tests, written by authors over the API. What a problem may be is decided by
//! the reader of course folders (`check`); here is who changes what, one after the other
//! (`service`), and where tests stand (`arrangement`).

pub mod api;
pub mod arrangement;
pub mod check;
pub mod service;
#[cfg(test)]
mod tests;
