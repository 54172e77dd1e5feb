//! Grading again: submissions of a problem whose tests were changed. `service` takes what authors
//! ask, `worker` grades behind everything else and writes what was decided, item by item.
//!
//! Nothing that is stored of a submission changes before the author has seen what would and has
//! decided. Each item is written in a transaction of its own that also says that it is written, so
//! that a crash in the middle is gone on from; its condition is the attempt that was graded.

pub mod api;
pub mod model;
pub mod service;
pub mod store;
pub mod worker;
