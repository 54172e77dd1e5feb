//! Compiles the .proto files with protox (no protoc needed) into messages, clients, servers and
//! a descriptor set. Does not lint: `cargo xtask lint` does.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=coderunner");
    let mut files = Vec::new();
    collect(Path::new("coderunner"), &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&files)?;
    let descriptors = compiler.file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(
        out.join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    for message in compiler.descriptor_pool().all_messages() {
        let name = message.full_name();
        if name.starts_with("coderunner.") {
            config.type_attribute(name, "#[derive(::prost_reflect::ReflectMessage)]");
            config.type_attribute(
                name,
                format!(
                    "#[prost_reflect(message_name = \"{name}\", descriptor_pool = \"crate::DESCRIPTOR_POOL\")]"
                ),
            );
        }
    }
    tonic_prost_build::configure()
        .build_transport(true)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
    Ok(())
}
