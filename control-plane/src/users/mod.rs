//! Accounts: profiles for their owners, the list of accounts for admins.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
