//! Authorities and certificates of a test's own, as files.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// An authority that nobody knows yet.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
    issued: std::cell::Cell<u32>,
}

/// A certificate and its key, in PEM.
pub struct Issued {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            folder,
            issued: std::cell::Cell::new(0),
        }
    }

    /// The file of its own certificate, for those who are to trust it.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// For a server of these names and addresses, or for a client of this common name.
    pub fn issue(&self, common_name: &str, names: &[&str]) -> Issued {
        let mut params = params(common_name, names);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let number = self.issued.get();
        self.issued.set(number + 1);
        write(
            self.folder.path(),
            &number.to_string(),
            &certificate.pem(),
            &key,
        )
    }

    /// A certificate that vouches for itself, in this authority's folder.
    pub fn self_signed(&self, names: &[&str]) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = params("self-signed", names).self_signed(&key).unwrap();
        write(self.folder.path(), "self", &certificate.pem(), &key)
    }
}

fn params(common_name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

fn write(folder: &Path, stem: &str, certificate: &str, key: &KeyPair) -> Issued {
    use std::os::unix::fs::PermissionsExt as _;
    let issued = Issued {
        certificate: folder.join(format!("{stem}.pem")),
        key: folder.join(format!("{stem}.key")),
    };
    std::fs::write(&issued.certificate, certificate).unwrap();
    std::fs::write(&issued.key, key.serialize_pem()).unwrap();
    std::fs::set_permissions(&issued.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    issued
}
