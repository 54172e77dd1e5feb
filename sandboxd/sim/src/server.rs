//! A simulated runner as a server on a Unix socket or a TCP port. Each has a thread and a
//! runtime of its own, so that it can vanish as a host does: with all connections, at once.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use coderunner_proto::sandbox::v1::ExecuteRequest;
use coderunner_proto::sandbox::v1::sandbox_service_server::SandboxServiceServer;
use tokio::net::{TcpListener, UnixListener};
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::{Server, ServerTlsConfig};

use crate::script::Script;
use crate::service::{Behaviour, Seen, Service, Shared};

/// Largest message, as in sandboxd: the standard input of a test may have 16 MiB.
const MAX_MESSAGE: usize = 24 * 1024 * 1024;

/// A runner that is yet to be started.
pub struct Sim {
    behaviour: Behaviour,
    capacity: u32,
    profiles: Vec<String>,
}

impl Default for Sim {
    /// Four sandboxes; programs say in comments what becomes of them.
    fn default() -> Self {
        Self {
            behaviour: Arc::new(Script::from_comments),
            capacity: 4,
            profiles: vec!["python".into(), "science".into()],
        }
    }
}

impl Sim {
    /// Decides by a function of the request and of how often its source was executed.
    pub fn behaving(
        behaviour: impl Fn(&ExecuteRequest, u32) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self {
            behaviour: Arc::new(behaviour),
            ..Self::default()
        }
    }

    /// With that many sandboxes.
    pub fn capacity(self, capacity: u32) -> Self {
        Self { capacity, ..self }
    }

    /// With only these profiles.
    pub fn profiles(self, names: &[&str]) -> Self {
        let profiles = names.iter().map(|name| (*name).to_owned()).collect();
        Self { profiles, ..self }
    }

    /// Starts it on a Unix socket; what is left there of an earlier one is removed.
    pub fn listen_unix(self, path: &Path) -> io::Result<SimServer> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = std::os::unix::net::UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        let address = format!("unix:{}", path.display());
        self.start(address, move |service| async move {
            let listener = UnixListener::from_std(listener).expect("within the runtime");
            let router = Server::builder().add_service(service);
            router
                .serve_with_incoming(UnixListenerStream::new(listener))
                .await
        })
    }

    /// Starts it on a free TCP port of this machine, with TLS when a configuration is given.
    pub fn listen_tcp(self, tls: Option<ServerTlsConfig>) -> io::Result<SimServer> {
        let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        listener.set_nonblocking(true)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://localhost:{}", listener.local_addr()?.port());
        let mut server = Server::builder();
        if let Some(tls) = tls {
            server = server.tls_config(tls).map_err(io::Error::other)?;
        }
        self.start(address, move |service| async move {
            let listener = TcpListener::from_std(listener).expect("within the runtime");
            server
                .add_service(service)
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
        })
    }

    fn start<F, S>(self, address: String, serve: F) -> io::Result<SimServer>
    where
        F: FnOnce(SandboxServiceServer<Service>) -> S,
        S: Future<Output = Result<(), tonic::transport::Error>> + Send + 'static,
    {
        let (stop, stopped) = mpsc::channel();
        let shared = Arc::new(Shared::new(
            self.behaviour,
            self.capacity,
            self.profiles,
            stop.clone(),
        ));
        let service = SandboxServiceServer::new(Service(shared.clone()))
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let serving = serve(service);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || {
            let task = runtime.spawn(serving);
            let _ = stopped.recv();
            task.abort();
            runtime.shutdown_timeout(Duration::from_secs(1));
        });
        Ok(SimServer {
            address,
            shared,
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }
}

/// A running simulated runner. Dropping it makes it vanish.
pub struct SimServer {
    address: String,
    shared: Arc<Shared>,
    stop: mpsc::Sender<()>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SimServer {
    /// Where it listens: `unix:/path`, `http://host:port` or `https://host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// All calls of Execute so far, in order, the refused ones included.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen()
    }

    /// Programs that run now.
    pub fn running(&self) -> usize {
        self.shared.running()
    }

    /// Ids of the runs that were cancelled, by call or by closing the stream.
    pub fn cancelled(&self) -> Vec<String> {
        self.shared.cancelled()
    }

    /// Changes the number of sandboxes.
    pub fn set_capacity(&self, capacity: u32) {
        self.shared.set_capacity(capacity);
    }

    /// Refuses new runs, or takes them again.
    pub fn set_draining(&self, draining: bool) {
        self.shared.set_draining(draining);
    }

    /// Answers GetStatus and Execute only after that time.
    pub fn set_delay(&self, delay: Duration) {
        self.shared.set_delay(delay);
    }

    /// Breaks all connections and stops listening. Returns when it is done.
    pub fn vanish(&self) {
        // The receiver is gone when it has vanished already.
        let _ = self.stop.send(());
        let thread = self
            .thread
            .lock()
            .expect("nobody panics while holding it")
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for SimServer {
    fn drop(&mut self) {
        self.vanish();
    }
}
