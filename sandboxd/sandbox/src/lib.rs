//! One sandbox: its limits and policy as data, its resources as owned values, its set-up in kernel order
