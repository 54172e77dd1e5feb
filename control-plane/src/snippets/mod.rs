//! Code of the playground that is shared by a link. Whoever knows the link may read the code, with
//! a login or without, until it expires; so the link's id is random, unlike all others, and no list
//! tells it.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
