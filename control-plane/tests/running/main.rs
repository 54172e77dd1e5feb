//! Runs and submissions through the real server on a port, with simulated runners behind it: what
//! a client sees, in codes, reasons and events.

mod authors;
mod checkers;
mod explanations;
mod matrix;
mod refusals;
mod rejudge;
mod runner_service;
mod runner_tls;
mod services;
mod subtasks;
mod support;
mod work;
