//! The node's certificate, read from its files and, when the node is told to, read again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use suyuan_epcis::problem::Reason;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::guarded::Guarded;
use crate::codes::node as codes;
use crate::config::Tls;
use crate::open::read_file;

/// Bytes of a file of certificates, or of a key.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The certificates with which the node answers for its name.
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl Certificates {
    /// Reads the files that a configuration names; relative names are those of the data directory.
    pub fn open(folder: &Path, files: &Tls) -> Result<Certificates, Reason> {
        let (certificate, key) = (folder.join(&files.certificate), folder.join(&files.key));
        let current = RwLock::new(Arc::new(read(&certificate, &key)?));
        Ok(Certificates { certificate, key, current })
    }

    /// Reads the files again. If they are no good, those from before stay in use.
    pub fn reload(&self) -> Result<(), Reason> {
        let read = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    pub(super) async fn accept(&self, stream: Guarded) -> std::io::Result<TlsStream<Guarded>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        TlsAcceptor::from(current).accept(stream).await
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, Reason> {
    let wrong = |path: &Path, what: String| Reason::new(codes::CERTIFICATE, &[&path.display().to_string(), &what]);
    let text = read_file(certificate, FILE_BYTES_MAX)?;
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| wrong(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "no certificate".to_owned()));
    }
    let text = read_file(key, FILE_BYTES_MAX)?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|error| wrong(key, error.to_string()))?;
    let mut configuration = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| wrong(key, error.to_string()))?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}
