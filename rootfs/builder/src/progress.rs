//! How a long build tells what it is doing. The library only calls; the program decides
//! whether that becomes a bar on a terminal or lines in a log.

/// Receives what the build does, in order.
pub trait Progress {
    /// A new step begins.
    fn step(&self, what: &str);
    /// Within the step, item `done` of `total` is being worked on.
    fn item(&self, done: usize, total: usize, what: &str);
}

/// Tells nobody. For tests and for callers that show their own progress.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str) {}
    fn item(&self, _: usize, _: usize, _: &str) {}
}
