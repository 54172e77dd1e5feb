//! A network between a client and the server that can be cut.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

/// Passes on what comes to its port, until it is cut.
pub struct Proxy {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Starts passing on to `server`.
    pub fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::clone(&connections);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // A server that is away refuses through us too: by closing.
                let Ok(far) = TcpStream::connect(server) else {
                    continue;
                };
                let ends = (
                    near.try_clone(),
                    far.try_clone(),
                    near.try_clone(),
                    far.try_clone(),
                );
                if let (Ok(to), Ok(from), Ok(one), Ok(other)) = ends {
                    known
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend([one, other]);
                    std::thread::spawn(move || pass_on(near, far));
                    std::thread::spawn(move || pass_on(from, to));
                }
            }
        });
        Ok(Proxy {
            address,
            connections,
        })
    }

    /// Where to connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes all connections; how many there were. New ones are taken as before.
    pub fn cut(&self) -> usize {
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connections
            .drain(..)
            .filter(|end| end.shutdown(Shutdown::Both).is_ok())
            .count()
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Both sides see the end, whichever closed.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
