//! Things on the host that no sandbox may reach: a secret file, listeners on loopback and on an
//! abstract socket. Attacks are told where they are; afterwards the traps tell whether they were
//! touched.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use test_harness::Sandboxd;
use test_harness::server::random_number;

/// Set traps; see the module.
#[derive(Debug)]
pub struct Traps {
    folder: TempDir,
    content: String,
    owner: (u32, u32),
    mode: u32,
    name: String,
    stream: UnixListener,
    datagram: UnixDatagram,
    tcp: TcpListener,
    udp: UdpSocket,
    mark: String,
    secret: String,
}

impl Traps {
    /// Sets them.
    ///
    /// # Errors
    /// When the host refuses a file or a socket.
    pub fn set() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("canary-")
            .tempdir()
            .context("making a folder")?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))
            .context("opening the folder")?;
        let content = format!("canary {:016x}\n", random_number());
        let file = folder.path().join("secret.txt");
        fs::write(&file, &content).context("writing the secret")?;
        // Anybody may read and write it: only its being out of reach protects it.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666))
            .context("opening the secret")?;
        let data = fs::metadata(&file).context("looking at the secret")?;
        let name = format!("trap-{:016x}", random_number());
        let stream = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)
            .context("listening")?;
        let datagram_name = SocketAddr::from_abstract_name(format!("{name}-datagram"))?;
        let datagram =
            UnixDatagram::bind_addr(&datagram_name).context("listening for datagrams")?;
        let tcp = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).context("listening on TCP")?;
        let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, tcp.local_addr()?.port()))
            .context("listening on UDP")?;
        stream.set_nonblocking(true)?;
        datagram.set_nonblocking(true)?;
        tcp.set_nonblocking(true)?;
        udp.set_nonblocking(true)?;
        Ok(Self {
            content,
            owner: (data.uid(), data.gid()),
            mode: data.mode(),
            folder,
            name,
            stream,
            datagram,
            tcp,
            udp,
            mark: format!("{:08x}", random_number() & 0xffff_ffff),
            secret: format!("secret-{:016x}-{:016x}", random_number(), random_number()),
        })
    }

    /// What an attacker may know, for the program's standard input: see `attacks/README.md`.
    ///
    /// # Errors
    /// When the host's own facts can't be read.
    pub fn facts(&self, server: &Sandboxd) -> Result<Map<String, Value>> {
        let host_name =
            fs::read_to_string("/proc/sys/kernel/hostname").context("reading the host's name")?;
        let facts = json!({
            "daemon_pid": server.pid(),
            "canary_file": self.file(),
            "canary_folder": self.folder.path(),
            "config_file": server.config_file(),
            "socket": server.socket(),
            "host_name": host_name.trim(),
            "abstract_name": self.name,
            "tcp_port": self.tcp.local_addr()?.port(),
            "host_addresses": host_addresses(),
            "cpu_share": 0.5,
            "mark": self.mark,
        });
        match facts {
            Value::Object(facts) => Ok(facts),
            _ => unreachable!("json! of braces is an object"),
        }
    }

    /// A text that only the first program of a pair is given.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What was touched, one thing a line; empty when nothing was.
    pub fn touched(&self) -> Vec<String> {
        let mut touched = Vec::new();
        let file = self.file();
        match (fs::read_to_string(&file), fs::symlink_metadata(&file)) {
            (Ok(content), Ok(data)) => {
                if content != self.content {
                    touched.push("the secret file was changed".to_owned());
                }
                if (data.uid(), data.gid()) != self.owner || data.mode() != self.mode {
                    touched.push("owner or mode of the secret file were changed".to_owned());
                }
            }
            _ => touched.push("the secret file is gone".to_owned()),
        }
        if fs::read_dir(self.folder.path()).map_or(0, Iterator::count) != 1 {
            touched.push("there is something new beside the secret file".to_owned());
        }
        let mut buffer = [0; 64];
        let knocks = [
            ("the abstract socket", self.stream.accept().map(|_| ())),
            (
                "the abstract datagram socket",
                self.datagram.recv(&mut buffer).map(|_| ()),
            ),
            ("the TCP port", self.tcp.accept().map(|_| ())),
            ("the UDP port", self.udp.recv(&mut buffer).map(|_| ())),
        ];
        for (what, knock) in knocks {
            match knock {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(()) => touched.push(format!("somebody came to {what}")),
                Err(error) => touched.push(format!("{what} is broken: {error}")),
            }
        }
        touched
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("secret.txt")
    }
}

/// The address that this host uses towards others, if it has one. No packet is sent.
fn host_addresses() -> Vec<String> {
    const DOCUMENTATION: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
    let address = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.connect(DOCUMENTATION).map(|()| socket))
        .and_then(|socket| socket.local_addr());
    address
        .map(|address| vec![address.ip().to_string()])
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;

    #[test]
    fn untouched_traps_say_nothing() {
        assert_eq!(Traps::set().expect("allowed").touched(), [""; 0]);
    }

    #[test]
    fn each_trap_notices() {
        type Touch = fn(&Traps);
        let touches: [(&str, Touch); 6] = [
            ("changed", |traps| {
                fs::write(traps.file(), "mine").expect("writable")
            }),
            ("mode", |traps| {
                fs::set_permissions(traps.file(), fs::Permissions::from_mode(0o600))
                    .expect("own file");
            }),
            ("gone", |traps| {
                fs::remove_file(traps.file()).expect("own file")
            }),
            ("something new", |traps| {
                fs::write(traps.folder.path().join("new"), "").expect("writable")
            }),
            ("abstract socket", |traps| {
                let address = SocketAddr::from_abstract_name(&traps.name).expect("a name");
                UnixStream::connect_addr(&address).expect("it listens");
            }),
            ("TCP", |traps| {
                let address = (
                    Ipv4Addr::LOCALHOST,
                    traps.tcp.local_addr().expect("bound").port(),
                );
                TcpStream::connect(address).expect("it listens");
            }),
        ];
        for (word, touch) in touches {
            let traps = Traps::set().expect("allowed");
            touch(&traps);
            let touched = traps.touched().join("\n");
            assert!(touched.contains(word), "{word} is missing in {touched:?}");
        }
    }
}
