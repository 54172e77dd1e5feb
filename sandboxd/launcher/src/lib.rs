//! The privileged half of sandboxd: single thread, no network, a closed list of requests
