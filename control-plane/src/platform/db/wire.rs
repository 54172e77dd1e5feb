//! A wire to a PostgreSQL server that can be held, and that can lose the answer to a commit: the
//! server has done it, and whoever asked will never know. It reads what goes to the server as far
//! as that needs (PostgreSQL's documentation, "Message Formats"), without TLS.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

const LOOK: Duration = Duration::from_millis(10);
/// Stands where the version of the protocol would.
const TLS_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// The wire. Its tasks end with the runtime.
pub struct Wire {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    held: AtomicBool,
    /// A part of a statement, and of how many transactions with such a one the commit's answer is lost.
    losing: Mutex<Option<(&'static str, usize)>>,
    lost: AtomicUsize,
}

/// What goes to the server on one connection.
#[derive(Default)]
struct Asked {
    /// Not yet a whole message.
    rest: Vec<u8>,
    /// The first message has no type, and neither has the question for TLS before it.
    started: bool,
    statements: HashMap<Vec<u8>, String>,
    /// Statements of the transaction so far.
    transaction: Vec<String>,
}

impl Wire {
    /// A wire to the server of a database, and the database's address by way of it.
    pub async fn to(url: &str) -> (Self, String) {
        let (user, rest) = url.split_once('@').unwrap();
        let (address, name) = rest.split_once('/').unwrap();
        let address = address.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let state = wire.state.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                // A server that is away refuses through us too: by closing.
                if let Ok(far) = TcpStream::connect(&address).await {
                    tokio::spawn(connection(near, far, state.clone()));
                }
            }
        });
        let url = format!("{user}@127.0.0.1:{}/{name}", wire.port);
        (wire, url)
    }

    /// Whether nothing gets through, and nobody is told.
    pub fn hold(&self, held: bool) {
        self.state.held.store(held, Ordering::SeqCst);
    }

    /// Loses the answers to the next commits of transactions that hold such a statement: the
    /// connection is closed when the server has answered.
    pub fn lose_answers(&self, statement: &'static str, count: usize) {
        *self.state.losing.lock().unwrap() = Some((statement, count));
    }

    /// How many answers were lost.
    pub fn lost(&self) -> usize {
        self.state.lost.load(Ordering::SeqCst)
    }
}

async fn connection(near: TcpStream, far: TcpStream, state: Arc<State>) {
    let (mut from_client, mut to_client) = near.into_split();
    let (mut from_server, mut to_server) = far.into_split();
    let lost = Arc::new(AtomicBool::new(false));
    let asking = async {
        let mut asked = Asked::default();
        while let Some(bytes) = next(&mut from_client, &state).await {
            if asked.commits(&bytes) && state.loses(&asked.transaction) {
                lost.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let answering = answers(&mut from_server, &mut to_client, &state, &lost);
    // Both ends are closed when either is.
    tokio::select! {
        () = asking => {}
        () = answering => {}
    }
}

async fn answers(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    state: &State,
    lost: &AtomicBool,
) {
    while let Some(bytes) = next(from, state).await {
        // The first answer after a commit is the commit's: whoever commits asks nothing else.
        if lost.load(Ordering::SeqCst) || to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// What comes next, once the wire is not held; none at the end.
async fn next(from: &mut OwnedReadHalf, state: &State) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 8192];
    let count = from
        .read(&mut buffer)
        .await
        .ok()
        .filter(|count| *count > 0)?;
    while state.held.load(Ordering::SeqCst) {
        tokio::time::sleep(LOOK).await;
    }
    buffer.truncate(count);
    Some(buffer)
}

impl State {
    fn loses(&self, transaction: &[String]) -> bool {
        let mut losing = self.losing.lock().unwrap();
        let Some((statement, left)) = losing.as_mut().filter(|(_, left)| *left > 0) else {
            return false;
        };
        let meant = transaction.iter().any(|sql| sql.contains(*statement));
        *left -= usize::from(meant);
        self.lost.fetch_add(usize::from(meant), Ordering::SeqCst);
        meant
    }
}

impl Asked {
    /// Reads on. Whether a transaction is committed by it.
    fn commits(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        let mut commits = false;
        loop {
            let kind = usize::from(self.started);
            let Some(length) = self.rest.get(kind..kind + 4) else {
                return commits;
            };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.rest.len() < kind + length {
                return commits;
            }
            let message: Vec<u8> = self.rest.drain(..kind + length).collect();
            if self.started {
                commits |= self.read(message[0], &message[5..]);
            } else {
                self.started = message[4..8] != TLS_REQUEST;
            }
        }
    }

    fn read(&mut self, kind: u8, body: &[u8]) -> bool {
        let mut words = body.split(|byte| *byte == 0);
        let mut word = || words.next().unwrap_or_default().to_vec();
        match kind {
            b'P' => {
                let (name, sql) = (word(), word());
                let sql = String::from_utf8_lossy(&sql).into_owned();
                self.statements.insert(name, sql);
            }
            b'B' => {
                let (_portal, name) = (word(), word());
                self.transaction.extend(self.statements.get(&name).cloned());
            }
            b'Q' if body.starts_with(b"BEGIN") => self.transaction.clear(),
            b'Q' => return body.starts_with(b"COMMIT"),
            _ => {}
        }
        false
    }
}
