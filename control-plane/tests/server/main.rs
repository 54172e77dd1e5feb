//! The real server on a free port, with a database of its own and a clock that the test turns,
//! asked by real clients.

#![forbid(unsafe_code)]

mod access;
mod accounts;
mod authoring;
mod browser;
mod classes;
mod commands;
mod course;
mod limits;
mod lockout;
mod outage;
mod packages;
mod ports;
mod profiles;
mod progress;
mod races;
mod rotation;
mod snippets;
mod support;
mod tokens;
mod web;
