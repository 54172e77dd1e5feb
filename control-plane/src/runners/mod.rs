//! Runner hosts, for operators. The calls are authorised and answer UNIMPLEMENTED.

pub mod api;
