//! Classes of a teacher. The calls are authorised and answer UNIMPLEMENTED.

pub mod api;
