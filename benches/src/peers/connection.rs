//! HTTP, as far as a node speaks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
        self.stream.get_mut().write_all(&request(method, path, body))?;
        let mut head = String::new();
        while !head.ends_with(HEAD_END) {
            if self.stream.read_line(&mut head)? == 0 || head.len() > HEAD_BYTES_MAX {
                return Err("the node closed the connection".into());
            }
        }
        let (status, length) = read_head(&head)?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    /// The same connection for a task, so that thousands need no thread each. Nothing may have been asked that is not answered.
    pub fn into_task(self) -> Result<TaskConnection, Failure> {
        let stream = self.stream.into_inner();
        stream.set_nonblocking(true)?;
        Ok(TaskConnection { stream: tokio::net::TcpStream::from_std(stream)?, come: Vec::new() })
    }
}

/// A connection that a task keeps.
pub struct TaskConnection {
    stream: tokio::net::TcpStream,
    come: Vec<u8>,
}

impl TaskConnection {
    /// As [`Connection::ask`].
    pub async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
        self.stream.write_all(&request(method, path, body)).await?;
        loop {
            if let Some(end) = self.come.windows(HEAD_END.len()).position(|window| window == HEAD_END.as_bytes()) {
                let behind = end + HEAD_END.len();
                let (status, length) = read_head(str::from_utf8(self.come.get(..behind).unwrap_or_default())?)?;
                if self.come.len() >= behind + length {
                    let body = self.come.drain(..behind + length).skip(behind).collect();
                    return Ok((status, body));
                }
            } else if self.come.len() > HEAD_BYTES_MAX {
                return Err("an answer without a head".into());
            }
            if self.stream.read_buf(&mut self.come).await? == 0 {
                return Err("the node closed the connection".into());
            }
        }
    }
}

/// What ends a head.
const HEAD_END: &str = "\r\n\r\n";

fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let kind = "application/octet-stream";
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {kind}\r\nContent-Length: {length}{HEAD_END}"
    );
    [head.as_bytes(), body].concat()
}

/// The status that a head tells, and the bytes of the body behind it.
fn read_head(head: &str) -> Result<(u16, usize), Failure> {
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let named =
        |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().to_owned());
    let length = head.lines().find_map(named).ok_or("an answer without its length")?;
    Ok((status, length.parse()?))
}
