//! Documents that are read in a process of their own.

use std::{path::PathBuf, time::Duration};

use gatewright_documents::{
    DocumentReader, ExtractError, Limits, Program, ReadError, ReaderSettings, Source,
};

use super::{SAMPLES, pdfium, sample};

fn settings() -> ReaderSettings {
    ReaderSettings {
        program: Program {
            path: PathBuf::from(env!("CARGO_BIN_EXE_document-reader")),
            arguments: Vec::new(),
        },
        pdfium: None,
        memory_bytes: 768 << 20,
        timeout: Duration::from_mins(1),
        at_once: 2,
        limits: Limits::default(),
    }
}

fn shell(script: &str) -> ReaderSettings {
    ReaderSettings {
        program: Program {
            path: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".to_owned(), script.to_owned()],
        },
        ..settings()
    }
}

async fn read(settings: ReaderSettings, name: &str, bytes: &[u8]) -> Result<String, ReadError> {
    let source = Source {
        name,
        media_type: "",
        bytes,
    };
    let document = DocumentReader::new(settings).read(source).await?;
    Ok(document.to_markdown())
}

#[tokio::test]
async fn document_is_read_in_a_process_as_in_this_one() {
    for name in SAMPLES {
        let bytes = sample(name);
        let here = super::read(name, &bytes, &Limits::default()).unwrap();
        let with_library = ReaderSettings {
            pdfium: Some(pdfium()),
            ..settings()
        };
        let there = read(with_library, name, &bytes).await;
        assert_eq!(there, Ok(here.to_markdown()), "{name}");
    }
}

#[tokio::test]
async fn large_document_goes_in_and_comes_out_whole() {
    let text = "一行文字\n".repeat(400_000);
    assert_eq!(read(settings(), "a.txt", text.as_bytes()).await, Ok(text));
}

#[tokio::test]
async fn reason_why_a_document_is_refused_comes_from_its_process() {
    let refused = read(settings(), "a.exe", b"MZ\0").await.unwrap_err();
    assert_eq!(refused.to_string(), "Unsupported Extension Type: .exe");
    let missing = ReaderSettings {
        pdfium: Some(PathBuf::from("/nowhere/libpdfium.so")),
        ..settings()
    };
    let refused = read(missing, "a.pdf", b"%PDF-1.4").await.unwrap_err();
    assert!(matches!(
        refused,
        ReadError::Document(ExtractError::NoPdfEngine { .. })
    ));
    assert!(
        refused
            .to_string()
            .contains("Set GATEWRIGHT_PDFIUM_LIBRARY"),
        "{refused}"
    );
}

#[tokio::test]
async fn reader_that_wants_too_much_memory_fails_its_document_only() {
    let little = ReaderSettings {
        memory_bytes: 160 << 20,
        ..settings()
    };
    let large = vec![b'x'; 50 << 20];
    let reader = DocumentReader::new(little);
    let source = |bytes| Source {
        name: "a.txt",
        media_type: "",
        bytes,
    };
    let failed = reader.read(source(&large)).await.unwrap_err();
    assert!(matches!(failed, ReadError::BrokeDown { .. }), "{failed}");
    assert_eq!(
        reader.read(source(b"next")).await.unwrap().to_markdown(),
        "next"
    );
}

#[tokio::test]
async fn reader_that_crashes_hangs_or_answers_nonsense_fails_its_document_only() {
    let hangs = ReaderSettings {
        timeout: Duration::from_millis(200),
        ..shell("exec sleep 600")
    };
    let late = ReadError::TimedOut { seconds: 0 };
    assert_eq!(read(hangs, "a.txt", b"x").await, Err(late));
    for (script, reason) in [
        ("kill -SEGV $$", "its reader broke down (signal 11)"),
        ("exit 3", "its reader broke down (exit status: 3)"),
        ("echo nonsense", "its answer is cut off"),
        ("true", "its answer is cut off"),
    ] {
        let failed = read(shell(script), "a.txt", b"x").await.unwrap_err();
        assert!(failed.to_string().contains(reason), "{script}: {failed}");
    }
    let nobody = ReaderSettings {
        program: Program {
            path: PathBuf::from("/nowhere/reader"),
            arguments: Vec::new(),
        },
        ..settings()
    };
    let failed = read(nobody, "a.txt", b"x").await.unwrap_err();
    assert!(matches!(failed, ReadError::NotStarted { .. }));
}

/// What a reader writes without end is not taken without end.
#[tokio::test]
async fn answer_beyond_what_a_text_can_have_is_not_taken() {
    let endless = ReaderSettings {
        limits: Limits {
            text_bytes: 1_000,
            cells: 0,
            pages: 0,
            ..Limits::default()
        },
        ..shell("exec cat /dev/zero")
    };
    let failed = read(endless, "a.txt", b"x").await.unwrap_err();
    assert!(matches!(failed, ReadError::BrokeDown { .. }), "{failed}");
}

#[tokio::test]
async fn reader_sees_no_environment_of_its_server() {
    let settings =
        shell("test -z \"$HOME$CARGO_MANIFEST_DIR\" && test \"$PWD\" = / || exit 3; exit 7");
    let failed = read(settings, "a.txt", b"x").await.unwrap_err();
    assert!(failed.to_string().contains("exit status: 7"), "{failed}");
}

/// A reader that could not give up everything reads nothing, and says so.
#[tokio::test]
async fn reader_that_cannot_be_isolated_reads_nothing_and_says_why() {
    // Forbids Landlock, as an old kernel or a container does.
    let script = "import ctypes, os, struct, sys\n\
        steps = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (6, 0, 0, 0x50026), (6, 0, 0, 0x7fff0000)]\n\
        code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))\n\
        program = struct.pack('HxxxxxxP', len(steps), ctypes.addressof(code))\n\
        prctl = ctypes.CDLL(None).prctl\n\
        assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, program, 0, 0) == 0\n\
        os.execv(sys.argv[1], sys.argv[1:])";
    let without = ReaderSettings {
        program: Program {
            path: PathBuf::from("/usr/bin/python3"),
            arguments: ["-c", script, env!("CARGO_BIN_EXE_document-reader")]
                .map(str::to_owned)
                .to_vec(),
        },
        ..settings()
    };
    let failed = read(without, "a.txt", b"x").await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "Documents cannot be read on this server: the kernel has no Landlock, or it is switched off (Linux 5.13 or newer has it)"
    );
}
