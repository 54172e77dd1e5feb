//! A network between two programs that can be cut, and that can fall silent.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;

/// How often a silent network looks whether it may speak again.
const LOOK: Duration = Duration::from_millis(10);

/// What happens to what comes to a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Traffic {
    /// It is passed on.
    #[default]
    Passes,
    /// It is kept back in both directions, and nobody is told. It is passed on later.
    Held,
    /// There is no connection: those that there were are closed, new ones are closed at once.
    Refused,
}

/// Passes on what comes to its port, until it is told otherwise.
pub struct Proxy {
    address: SocketAddr,
    network: Arc<Mutex<Network>>,
}

#[derive(Default)]
struct Network {
    traffic: Traffic,
    connections: Vec<TcpStream>,
}

impl Proxy {
    /// Starts passing on to `server`.
    pub fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let network = Arc::default();
        let shared = Arc::clone(&network);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // A server that is away refuses through us too: by closing.
                let Ok(far) = TcpStream::connect(server) else {
                    continue;
                };
                // As does a connection that could not be made whole.
                let _ = connect(&shared, near, far);
            }
        });
        Ok(Proxy { address, network })
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to connect to, as gRPC's clients want it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes all connections; how many there were. New ones are taken as before.
    pub fn cut(&self) -> usize {
        lock(&self.network).close()
    }

    /// From now on this happens to what comes. Returns how many connections were closed by it.
    pub fn set(&self, traffic: Traffic) -> usize {
        let mut network = lock(&self.network);
        network.traffic = traffic;
        match traffic {
            Traffic::Refused => network.close(),
            Traffic::Passes | Traffic::Held => 0,
        }
    }
}

impl Network {
    fn close(&mut self) -> usize {
        self.connections
            .drain(..)
            .filter(|end| end.shutdown(Shutdown::Both).is_ok())
            .count()
    }
}

/// Passes on between these two, in both directions.
fn connect(network: &Arc<Mutex<Network>>, near: TcpStream, far: TcpStream) -> Result<()> {
    let (to, from) = (near.try_clone()?, far.try_clone()?);
    let ends = [near.try_clone()?, far.try_clone()?];
    let mut known = lock(network);
    if known.traffic == Traffic::Refused {
        return Ok(());
    }
    known.connections.extend(ends);
    drop(known);
    for (from, to) in [(near, far), (from, to)] {
        let network = Arc::clone(network);
        std::thread::spawn(move || pass_on(&network, from, to));
    }
    Ok(())
}

fn pass_on(network: &Mutex<Network>, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        wait_while_held(network);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // A silent network does not tell of an end either.
    wait_while_held(network);
    // Both sides see the end, whichever closed.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn wait_while_held(network: &Mutex<Network>) {
    while lock(network).traffic == Traffic::Held {
        std::thread::sleep(LOOK);
    }
}

fn lock(network: &Mutex<Network>) -> MutexGuard<'_, Network> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each byte with itself, behind a proxy.
    fn echo() -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap()).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let (mut from, mut to) = (&stream, &stream);
                    std::io::copy(&mut from, &mut to)
                });
            }
        });
        proxy
    }

    fn connection(proxy: &Proxy, patience: Duration) -> TcpStream {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        stream
    }

    #[test]
    fn a_silent_network_passes_on_later_and_a_cut_one_never() {
        let proxy = echo();
        let mut stream = connection(&proxy, Duration::from_millis(300));
        let mut byte = [0];
        stream.write_all(b"a").unwrap();
        stream.read_exact(&mut byte).unwrap();
        assert_eq!(proxy.set(Traffic::Held), 0);
        stream.write_all(b"b").unwrap();
        assert!(stream.read_exact(&mut byte).is_err(), "it is kept back");
        proxy.set(Traffic::Passes);
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.read_exact(&mut byte).unwrap();
        assert_eq!(byte, *b"b");
        assert_eq!(proxy.set(Traffic::Refused), 2);
        assert_eq!(stream.read(&mut byte).unwrap_or(0), 0, "it is closed");
        let mut refused = connection(&proxy, Duration::from_secs(30));
        assert_eq!(refused.read(&mut byte).unwrap_or(0), 0);
        proxy.set(Traffic::Passes);
        let mut again = connection(&proxy, Duration::from_secs(30));
        again.write_all(b"c").unwrap();
        again.read_exact(&mut byte).unwrap();
        assert_eq!(byte, *b"c");
    }
}
