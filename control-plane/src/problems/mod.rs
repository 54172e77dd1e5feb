//! The course: levels, sessions, problems and cheatsheets. Read by everyone through a cache,
//! written by loading a content folder or by authors over the API.

pub mod api;
pub mod authoring;
pub mod catalogue;
pub mod course;
pub mod model;
pub mod package;
pub mod service;
pub mod store;
