//! Typed client of the Code Runner API
