//! What the owner of a running node asks of it on its own machine: today, a backup.
//!
//! A Unix socket in the folder of the keys, which only the owner may enter. A request is one line of JSON, an answer
//! too: `{"backup": "/path", "keys": false}` → `{"height": 812, "files": 9, "bytes": 1048576}`, or
//! `{"code": "NODE-…", "arguments": […]}`. Requests are served one after another.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Bytes of a request.
#[cfg(unix)]
const REQUEST_BYTES_MAX: u64 = 64 << 10;
/// Bytes of an answer.
#[cfg(unix)]
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// Whoever connects has so long to say what it wants.
#[cfg(unix)]
const REQUEST_WAIT: std::time::Duration = std::time::Duration::from_secs(10);
/// The socket's name.
#[cfg(unix)]
const SOCKET_NAME: &str = "admin.sock";

/// A request for a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    /// The folder to write, as an absolute path.
    pub backup: PathBuf,
    /// Whether the key files are copied too.
    pub keys: bool,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BackupAnswer {
    /// It is made.
    Made {
        /// All blocks up to this height are in it.
        height: u64,
        /// Files.
        files: u64,
        /// Bytes in them.
        bytes: u64,
    },
    /// It is not.
    Refused {
        /// The code.
        code: String,
        /// What the message is about.
        arguments: Vec<String>,
    },
}

#[cfg(unix)]
pub use unix::{Admin, ask};

#[cfg(unix)]
mod unix {
    use std::fs::{self, File};
    use std::io::{self, BufRead, BufReader, Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Weak};

    use suyuan_epcis::codes;
    use suyuan_epcis::problem::Reason;
    use suyuan_store::RocksStore;

    use super::{ANSWER_BYTES_MAX, BackupAnswer, BackupRequest, Path, PathBuf};
    use super::{REQUEST_BYTES_MAX, REQUEST_WAIT, SOCKET_NAME};
    use crate::backup::back_up;
    use crate::codes::node;
    use crate::open::{Node, io_reason, keys_folder};

    /// Listens as long as it lives.
    pub struct Admin {
        directory: PathBuf,
        stopping: Arc<AtomicBool>,
    }

    impl Admin {
        /// Listens for a node that runs. It does not keep the node's store open.
        pub fn listen(node: &Node) -> Result<Admin, Reason> {
            let path = keys_folder(&node.path).join(SOCKET_NAME);
            // One that a killed node left; the directory's lock says that nobody else has it.
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_reason(&path, &error)),
                _ => {}
            }
            let at = |error: io::Error| io_reason(&path, &error);
            let listener = with_address(&node.path, |address| UnixListener::bind(address)).map_err(at)?;
            let (directory, stopping) = (node.path.clone(), Arc::new(AtomicBool::new(false)));
            let (store, told, place) = (Arc::downgrade(&node.store), stopping.clone(), directory.clone());
            let serve = move || {
                for stream in listener.incoming() {
                    if told.load(Ordering::Acquire) {
                        return;
                    }
                    // Who asked and went away has its answer in the backup itself.
                    let _ = stream.and_then(|stream| answer(&stream, &store, &place));
                }
            };
            std::thread::Builder::new().name("admin".to_owned()).spawn(serve).map_err(at)?;
            Ok(Admin { directory, stopping })
        }
    }

    impl Drop for Admin {
        fn drop(&mut self) {
            self.stopping.store(true, Ordering::Release);
            // Wakes the thread up, which then ends. Without one there is nothing to wake.
            let _ = with_address(&self.directory, |address| UnixStream::connect(address));
            let _ = fs::remove_file(keys_folder(&self.directory).join(SOCKET_NAME));
        }
    }

    /// Asks the node that runs in a data directory.
    pub fn ask(directory: &Path, request: &BackupRequest) -> io::Result<Result<BackupAnswer, Reason>> {
        let mut stream = with_address(directory, |address| UnixStream::connect(address))?;
        let line = format!("{}\n", serde_json::to_string(request)?);
        stream.write_all(line.as_bytes())?;
        let mut said = String::new();
        BufReader::new(stream.take(ANSWER_BYTES_MAX)).read_line(&mut said)?;
        Ok(match serde_json::from_str(&said)? {
            BackupAnswer::Refused { code, arguments } => {
                let own = crate::codes::ALL.iter().chain(node::ALL).copied();
                let known = codes::all().chain(own).find(|known| known.id == code).unwrap_or(node::STORE);
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                Err(Reason::new(known, &arguments))
            }
            made => Ok(made),
        })
    }

    /// A socket's address holds about a hundred bytes, and a path may be longer: it is reached through its folder.
    fn with_address<T>(directory: &Path, use_it: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let folder = File::open(keys_folder(directory))?;
        let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        match short.exists() {
            true => use_it(&short.join(SOCKET_NAME)),
            false => use_it(&keys_folder(directory).join(SOCKET_NAME)),
        }
    }

    fn answer(stream: &UnixStream, store: &Weak<RocksStore>, directory: &Path) -> io::Result<()> {
        stream.set_read_timeout(Some(REQUEST_WAIT))?;
        let mut line = String::new();
        BufReader::new(stream.take(REQUEST_BYTES_MAX)).read_line(&mut line)?;
        let said = match made(&line, store, directory) {
            Ok(made) => made,
            Err(reason) => BackupAnswer::Refused { code: reason.code.id.to_owned(), arguments: reason.arguments },
        };
        let mut sink = stream;
        sink.write_all(format!("{}\n", serde_json::to_string(&said)?).as_bytes())
    }

    fn made(line: &str, store: &Weak<RocksStore>, directory: &Path) -> Result<BackupAnswer, Reason> {
        let wrong = |words: &str| Reason::new(node::ANSWER, &["admin", words]);
        let request: BackupRequest = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        if !request.backup.is_absolute() {
            return Err(wrong("a relative path"));
        }
        let store = store.upgrade().ok_or_else(|| Reason::new(node::STORE, &["the node is stopping"]))?;
        let made = back_up(&store, directory, &request.backup, request.keys)?;
        Ok(BackupAnswer::Made { height: made.height, files: made.copied.files, bytes: made.copied.bytes })
    }
}
