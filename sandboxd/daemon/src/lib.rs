//! The sandbox daemon of Code Runner: runs Python programs, each in a sandbox of its own
