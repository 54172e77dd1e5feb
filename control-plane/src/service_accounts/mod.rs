//! Accounts of other services. They have no password and no session: an admin makes them and
//! their API keys, and a call with a key may do what both the account's role and the key's scopes
//! allow (`platform/authz.rs`). Quotas belong to the account, so that more keys don't give more.
//!
//! A key is `crk_` and 32 random bytes. It is shown once and kept as a SHA-256 digest, which is
//! enough: nobody can guess 256 bits, so there is nothing to slow down.

pub mod api;
pub mod model;
pub mod service;
pub mod store;

#[cfg(test)]
mod tests;
