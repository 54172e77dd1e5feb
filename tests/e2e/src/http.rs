//! HTTP written by hand: for the admin port, and for requests that no client library would send.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::Result;

use crate::PATIENCE;

/// Answers with head and body of a GET.
pub fn get(address: SocketAddr, path: &str) -> Result<String> {
    send(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
    )
}

/// Answers with head and body of a gRPC-web call with these bytes as its body.
pub fn post_grpc_web(address: SocketAddr, path: &str, body: &[u8]) -> Result<String> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    send(address, &[head.as_bytes(), body].concat())
}

fn send(address: SocketAddr, request: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
