//! Code shared by a link. The calls are authorised and answer UNIMPLEMENTED.

pub mod api;
