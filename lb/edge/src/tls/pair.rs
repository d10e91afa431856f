//! A certificate and its key, out of two files.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

/// No chain of certificates and no key is longer; a file that somebody named by mistake may be.
const FILE_BYTES: u64 = 1 << 20;

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairFiles {
    /// The certificate, and then those that vouch for it, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// A certificate and its key, which belong together; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pair {
    certified: Arc<CertifiedKey>,
    files: PairFiles,
    /// Of the bytes of both files.
    digest: u64,
    validity: Option<Validity>,
}

/// When a certificate is good, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From then on.
    pub begins: i64,
    /// Until then.
    pub ends: i64,
}

/// Why a certificate and key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's file can't be read, or is not PEM.
    #[error("cannot read certificates from {}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// The certificate's file holds none.
    #[error("{} holds no certificate in PEM form", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The key's file can't be read, or holds no private key in PEM form.
    #[error("cannot read a private key from {}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// Certificate and key are no pair, or one of them is of a kind that is not known.
    #[error("the certificate in {} and the key in {} cannot be used together", files.certificate.display(), files.key.display())]
    Pair {
        /// The files.
        files: PairFiles,
        /// What is wrong with them.
        #[source]
        source: rustls::Error,
    },
    /// TLS itself can't be had, whatever the certificate.
    #[error("cannot set TLS up")]
    Setup(#[source] rustls::Error),
}

/// The bytes of both files.
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Pair {
    /// Reads a chain of certificates, the server's own first, and its private key, both in PEM form.
    ///
    /// # Errors
    /// When a file can't be read, or does not hold what it should, or the two do not belong together.
    pub fn load(files: &PairFiles) -> Result<Self, TlsError> {
        Self::new(files, &Texts::read(files)?)
    }

    /// Reads the files again: another pair, or nothing while they hold what this one was made of. The bytes are
    /// compared, not times and sizes: a renewal may write a file of the same size within one tick of the clock.
    ///
    /// # Errors
    /// Like [`Pair::load`]; above all while somebody has replaced one file, and the other not yet.
    pub fn renewed(&self) -> Result<Option<Self>, TlsError> {
        let texts = Texts::read(&self.files)?;
        if texts.digest() == self.digest { Ok(None) } else { Self::new(&self.files, &texts).map(Some) }
    }

    fn new(files: &PairFiles, texts: &Texts) -> Result<Self, TlsError> {
        let (chain, key) = (chain(&texts.certificate, &files.certificate)?, key(&texts.key, &files.key)?);
        let validity = chain.first().and_then(validity);
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|source| TlsError::Pair { files: files.clone(), source })?;
        let (certified, files) = (Arc::new(certified), files.clone());
        Ok(Self { certified, files, digest: texts.digest(), validity })
    }

    /// The files that it was read from.
    pub fn files(&self) -> &PairFiles {
        &self.files
    }

    /// When the server's own certificate is good; nothing if it does not say so in a way that can be read.
    pub fn validity(&self) -> Option<Validity> {
        self.validity
    }

    /// Whether clients take the certificate for one of this host name (RFC 9525), as far as names go.
    pub fn covers(&self, host: &str) -> bool {
        let Ok(name) = ServerName::try_from(host) else { return false };
        let certificate = self.certified.cert.first().map(ParsedCertificate::try_from);
        certificate
            .is_some_and(|parsed| parsed.is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok()))
    }

    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}

impl Texts {
    fn read(files: &PairFiles) -> Result<Self, TlsError> {
        let wrong = |source| TlsError::Certificate {
            path: files.certificate.clone(),
            source: pem::Error::Io(source),
        };
        let certificate = read(&files.certificate).map_err(wrong)?;
        let wrong = |source| TlsError::Key { path: files.key.clone(), source: pem::Error::Io(source) };
        Ok(Self { certificate, key: read(&files.key).map_err(wrong)? })
    }

    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.certificate, &self.key).hash(&mut hasher);
        hasher.finish()
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_BYTES);
    if fits { Ok(bytes) } else { Err(io::ErrorKind::FileTooLarge.into()) }
}

fn chain(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::Certificate { path: path.to_owned(), source })?;
    if chain.is_empty() { Err(TlsError::NoCertificate { path: path.to_owned() }) } else { Ok(chain) }
}

fn key(text: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|source| TlsError::Key { path: path.to_owned(), source })
}

/// rustls looks at names and keys of our own certificate, never at its times.
fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let validity = parsed.validity();
    Some(Validity { begins: validity.not_before.timestamp(), ends: validity.not_after.timestamp() })
}
