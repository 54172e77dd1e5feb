//! Migrations are read into the program; a changed one has to rebuild it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
