//! The course: levels, sessions, problems and cheatsheets. Read by everyone through a cache,
//! written by loading a content folder.

pub mod api;
pub mod catalogue;
pub mod course;
pub mod model;
pub mod service;
pub mod store;
