//! System calls of sandboxd as safe functions that hand out owned descriptors; the only crate with unsafe code
