//! The gRPC API as Rust types, generated from the .proto files; nothing here is written by hand
//! but the module tree. Messages implement `prost_reflect::ReflectMessage`, whose dynamic form
//! serialises to canonical proto3 JSON.

#![forbid(unsafe_code)]

use std::sync::LazyLock;

/// All files of the API with their imports, as an encoded `FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same, decoded, for reflection over messages.
pub static DESCRIPTOR_POOL: LazyLock<prost_reflect::DescriptorPool> = LazyLock::new(|| {
    prost_reflect::DescriptorPool::decode(FILE_DESCRIPTOR_SET)
        .expect("the build script wrote this descriptor set")
});

/// Words that both APIs share.
pub mod common {
    /// Package `coderunner.common.v1`.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/coderunner.common.v1.rs"));
    }
}

/// What control-plane asks of a runner host.
pub mod sandbox {
    /// Package `coderunner.sandbox.v1`.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/coderunner.sandbox.v1.rs"));
    }
}

/// The public API: package `coderunner.v1`.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/coderunner.v1.rs"));
}
