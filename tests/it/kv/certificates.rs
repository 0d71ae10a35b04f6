//! A CA of the test's own, a server's certificate and a client's.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Files in a folder: `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`.
pub(super) struct Certificates(tempfile::TempDir);

impl Certificates {
    /// The server's is made out to the address 127.0.0.1 alone.
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("gw-ca-").tempdir().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "a CA of a test");
        let ca_key = KeyPair::generate().unwrap();
        let ca = params.self_signed(&ca_key).unwrap();
        let write = |name: &str, text: String| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("ca.pem", ca.pem());
        let issuer = Issuer::new(params, ca_key);
        for (name, made_out_to) in [("server", "127.0.0.1"), ("client", "gatewright")] {
            let key = KeyPair::generate().unwrap();
            let leaf = CertificateParams::new(vec![made_out_to.to_owned()]).unwrap();
            write(
                &format!("{name}.pem"),
                leaf.signed_by(&key, &issuer).unwrap().pem(),
            );
            write(&format!("{name}.key"), key.serialize_pem());
        }
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}
