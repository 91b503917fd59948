//! HTTP, as far as a node speaks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::chain::Failure;

/// Bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// A connection that is kept.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// To a node's address, host and port.
    pub fn open(address: &str) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream) })
    }

    /// One request; the status and the body, whose length must be told.
    pub fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
        let kind = "application/octet-stream";
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let (mut head, mut length) = (String::new(), None);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 || head.len() > HEAD_BYTES_MAX {
                return Err("the node closed the connection".into());
            }
            if line == "\r\n" {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = Some(value.trim().parse::<usize>()?);
            }
            head.push_str(&line);
        }
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut body = vec![0; length.ok_or("an answer without its length")?];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }
}
