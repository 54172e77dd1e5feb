//! Accounts, problems, submissions and progress, and the dispatch of every run to sandboxd.

#![forbid(unsafe_code)]
