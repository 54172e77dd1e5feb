//! control-plane: config, build, serve, drain.

#![forbid(unsafe_code)]

fn main() {}
