//! TLS to PostgreSQL with libpq's words. rustls by itself always checks the chain and the name; the
//! weaker modes, which managed databases tell their customers to use, are a verifier of ours.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature,
        verify_tls13_signature,
    },
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What libpq's `sslmode` may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// `disable`: never TLS.
    Disable,
    /// When the server can; nothing is checked.
    #[default]
    Prefer,
    /// Always; the chain is checked when roots are named.
    Require,
    /// Always, with the chain.
    VerifyCa,
    /// Always, with the chain and the name.
    VerifyFull,
}

/// Who vouches for servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Whom the machine trusts.
    System,
    /// Who is in this file (PEM).
    File(PathBuf),
}

/// Who we are to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// How to speak TLS.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) mode: Mode,
    pub(crate) roots: Option<Roots>,
    pub(crate) identity: Option<Identity>,
}

/// What is checked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checks {
    Nothing,
    Chain,
    ChainAndName,
}

impl Mode {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            "allow" => Err(
                "`sslmode=allow` is not supported: it would try without TLS first; say `prefer`, or better `verify-full`".into(),
            ),
            _ => Err(
                "`sslmode` must be one of disable, prefer, require, verify-ca, verify-full".into(),
            ),
        }
    }
}

impl TlsSettings {
    /// What contradicts itself is refused before anything is connected.
    pub(crate) fn check(&self) -> Result<(), String> {
        // As libpq has it: anybody can have a certificate that some machine-wide authority vouches for.
        if self.roots == Some(Roots::System) && self.mode != Mode::VerifyFull {
            return Err("`sslrootcert=system` needs `sslmode=verify-full`".into());
        }
        Ok(())
    }

    fn checks(&self) -> Checks {
        match (self.mode, &self.roots) {
            (Mode::Disable | Mode::Prefer, _) | (Mode::Require, None) => Checks::Nothing,
            (Mode::Require | Mode::VerifyCa, _) => Checks::Chain,
            (Mode::VerifyFull, _) => Checks::ChainAndName,
        }
    }

    /// Reads the files; they are read again for each connection, so that renewed ones are used.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, String> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(self.verifier(&provider)?);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.read()?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| format!("`sslcert` and `sslkey` do not fit: {error}"))?
            }
        };
        // The server's name for its protocol; `sslnegotiation=direct` needs it.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(MakeRustlsConnect::new(config))
    }

    fn verifier(&self, provider: &CryptoProvider) -> Result<Verifier, String> {
        let checks = self.checks();
        let mut roots = RootCertStore::empty();
        let mut named = vec![];
        if checks != Checks::Nothing {
            match &self.roots {
                Some(Roots::File(file)) => {
                    named = certificates("sslrootcert", file)?;
                    roots.add_parsable_certificates(named.iter().cloned());
                }
                Some(Roots::System) | None => {
                    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                }
            }
            if roots.is_empty() {
                return Err("no authority is known that could vouch for the server; name a file by `sslrootcert`".into());
            }
        }
        Ok(Verifier {
            checks,
            roots,
            named,
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

impl Identity {
    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
        let chain = certificates("sslcert", &self.certificate)?;
        let failed = |why: String| format!("`sslkey` {}: {why}", self.key.display());
        let metadata = std::fs::metadata(&self.key).map_err(|error| failed(error.to_string()))?;
        // libpq's rule: the owner's alone; root's may be read by a group.
        let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
        if metadata.mode() & forbidden != 0 {
            return Err(failed("others can read it; chmod it to 0600".into()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|_| {
            failed("is not a private key in PEM (one with a password is not supported)".into())
        })?;
        Ok((chain, key))
    }
}

fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |why: String| format!("`{setting}` {}: {why}", file.display());
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| failed(error.to_string()));
    match all {
        Ok(none) if none.is_empty() => Err(failed("holds no certificate in PEM".into())),
        other => other,
    }
}

/// Checks as much of a server as the mode says; that it holds its key is always checked.
#[derive(Debug)]
struct Verifier {
    checks: Checks,
    roots: RootCertStore,
    /// What the file of roots holds: a server's own certificate that is in it is trusted as it is,
    /// which is how self-signed ones are used.
    named: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.checks == Checks::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let certificate = ParsedCertificate::try_from(end_entity)?;
        if !self.named.iter().any(|named| named == end_entity) {
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &self.roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
        }
        if self.checks == Checks::ChainAndName {
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
