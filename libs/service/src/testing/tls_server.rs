//! A server over TLS that stands for somebody else's, under an authority of its own.

use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::PrivateKeyDer;

/// One connection.
pub type TlsStream = BufReader<StreamOwned<ServerConnection, TcpStream>>;

/// A server that runs until it is dropped.
pub struct TlsServer {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl TlsServer {
    /// Serves each connection, as `host`, on a thread of its own. The authority's certificate is left in `ca_file`.
    ///
    /// # Panics
    /// When it can't be set up.
    #[must_use]
    pub fn start(
        host: &str,
        ca_file: &Path,
        serve: impl Fn(TlsStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let tls = Arc::new(configuration(host, ca_file));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (stopped, serve) = (Arc::new(AtomicBool::new(false)), Arc::new(serve));
        let ended = Arc::clone(&stopped);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (tls, serve) = (Arc::clone(&tls), Arc::clone(&serve));
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(tls).expect("a connection");
                    let stream = StreamOwned::new(connection, stream.expect("a client"));
                    // A client may end a connection at any time.
                    drop(serve(BufReader::new(stream)));
                });
            }
        });
        Self { address, stopped }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn configuration(host: &str, ca_file: &Path) -> ServerConfig {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    std::fs::write(ca_file, authority.pem()).expect("a file for the authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([host.to_owned()]).expect("a host");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("a certificate with its key")
}
