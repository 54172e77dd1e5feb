//! Local ports and the two questions that are asked over them: is somebody there, and what
//! does this HTTP address answer.

use anyhow::{Context, Result, bail};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(2);

/// An address of this machine only.
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// As many ports as asked that nobody uses now. They are held until all are found, so that
/// they differ; somebody else may still take one before it is used.
pub fn free(count: usize) -> Result<Vec<u16>> {
    let listeners: Result<Vec<_>, _> = (0..count).map(|_| TcpListener::bind(local(0))).collect();
    let listeners = listeners.context("could not find a free port on 127.0.0.1")?;
    listeners
        .iter()
        .map(|listener| Ok(listener.local_addr()?.port()))
        .collect()
}

/// Fails when somebody listens there.
pub fn require_free(port: u16) -> Result<()> {
    match TcpListener::bind(local(port)) {
        Ok(_) => Ok(()),
        Err(error) => {
            bail!("could not use port {port} on 127.0.0.1 ({error}): choose another with --port")
        }
    }
}

/// Status and body of a plain GET.
pub fn get(address: SocketAddr, path: &str) -> Result<(u16, String)> {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        // In one piece: a peer that answers early would reset the connection on the rest.
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = ask().with_context(|| format!("could not ask http://{address}{path}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    Ok((
        status.with_context(|| format!("http://{address}{path} did not answer with HTTP"))?,
        body.to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ_and_a_taken_one_is_noticed() {
        let ports = free(3).unwrap();
        assert!(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
        let taken = TcpListener::bind(local(0)).unwrap();
        let message = require_free(taken.local_addr().unwrap().port())
            .unwrap_err()
            .to_string();
        assert!(message.contains("--port"), "{message}");
    }

    #[test]
    fn an_answer_is_split_into_status_and_body() {
        let server = TcpListener::bind(local(0)).unwrap();
        let address = server.local_addr().unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream
                .write_all(b"HTTP/1.1 503 Service Unavailable\r\nX: y\r\n\r\nnot yet")
                .unwrap();
        });
        assert_eq!(get(address, "/ready").unwrap(), (503, "not yet".to_owned()));
        serving.join().unwrap();
    }
}
