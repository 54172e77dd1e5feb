//! What is known of the way of one run or submission, for support: who, when, attempts, losses and
//! how it ended. Never its program, input, output or anybody's address: nothing here reads them.

pub mod model;
pub mod store;
