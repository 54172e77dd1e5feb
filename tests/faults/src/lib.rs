//! What the sandbox promises, as figures, and what it does under chaos.
//!
//! [`promises`] has one module for each row of the table of promises: it makes the runs, measures from
//! outside, and says whether the bound holds. [`chaos`] runs honest and hostile programs in a random mix
//! while callers cancel, hang up and read slowly and while sandboxd is killed, and looks at the host as it
//! goes. Both start a sandboxd of their own, through the harness. [`crash`] puts a load on a whole installation,
//! kills, stops and cuts off its parts, and counts what was lost, stored twice or judged wrongly. Nothing here is measured by a program in
//! the sandbox, and nothing by sandboxd itself but where a doc comment says so.
//!
//! On a machine without the repository three variables name what the driver needs:
//! `CODERUNNER_TEST_BINARIES` the folder of an installed sandboxd, `CODERUNNER_TEST_ROOTFS` the tree of the
//! root file system, `CODERUNNER_TEST_SOURCES` a copy of the folder `tests`. `CODERUNNER_SLOWNESS`
//! says how many times slower the machine is: programs get so much more time, tests wait so much longer and bounds
//! of time are so much longer; every other bound stays as it is.

#![forbid(unsafe_code)]

pub mod chaos;
pub mod crash;
mod crew;
mod figures;
mod mix;
pub mod promises;
pub mod report;
