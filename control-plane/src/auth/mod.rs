//! Logins: accounts are made here, passwords checked, tokens issued and verified, sessions
//! rotated and ended.
//!
//! An access token is an EdDSA JWT of 15 minutes that names account and session. A refresh token
//! is 32 random bytes, stored as a digest, and works once: each refresh spends it and gives the
//! next. Spent tokens are remembered, and using one again ends the session, because either the
//! client or a thief holds an old copy. Every call asks for its session, so that an ended one
//! ends before its access token expires: at once on the replica that ended it, within ten seconds
//! on others (`platform/callers.rs`).
//!
//! Pages in a browser get the refresh token as a cookie that scripts can't read (`cookie`), and
//! never in a message.

pub mod api;
pub mod bearers;
pub mod cookie;
mod lockout;
mod login;
pub mod model;
pub mod passwords;
pub mod service;
pub mod store;
#[cfg(test)]
mod tests;
pub mod tokens;
