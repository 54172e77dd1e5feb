//! Runs against simulated runners, from acceptance to the stored end.

mod drawings;
mod faults;
mod files;
mod lost_answers;
mod restart;
mod runs;
mod watching;
