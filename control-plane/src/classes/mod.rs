//! Classes of a teacher: a code to join by, members, and what they have done in the course.
//!
//! A teacher sees members' names and progress, never their code, their addresses or other things of
//! their accounts. For everybody else a class does not exist, but for its members in their own
//! list.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
