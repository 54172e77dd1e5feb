//! A runner host for tests of control-plane: the gRPC API of sandboxd with scripted outcomes and
//! faults. It runs no Python, isolates nothing and needs no root; never put it into a product.
//!
//! ```no_run
//! let runner = sandboxd_sim::Sim::default().listen_unix("/tmp/sandboxd.sock".as_ref()).unwrap();
//! // A program says in comments what becomes of it, see `script`:
//! //   # sim: print hello
//! //   # sim: exit 1
//! println!("unix address: {}", runner.address());
//! runner.vanish();
//! ```

#![forbid(unsafe_code)]

mod batch;
mod input;
mod play;
pub mod script;
mod server;
mod service;

pub use script::{Fault, Script, Step};
pub use server::{Sim, SimServer};
pub use service::{Behaviour, Seen};
