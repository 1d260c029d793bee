//! Streams give what slices give, however they are read and written.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use keywright_encryption_sdk::{AlgorithmSuite, Client, Error};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use crate::fixtures::{aes, any, client_for, options, plaintext};

const SUITES: [AlgorithmSuite; 3] = [
    AlgorithmSuite::Aes192GcmIv12Tag16HkdfSha384EcdsaP384,
    AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
    AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
];
/// Frame lengths and plaintext lengths around each other and around what is read at once.
const SHAPES: [(u32, usize); 12] = [
    (1, 0),
    (1, 3),
    (10, 10),
    (10, 25),
    (4096, 4095),
    (4096, 8192),
    (4096, 200_001),
    (65536, 65536),
    (65536, 300_000),
    (65537, 131_075),
    (1_000_000, 250_000),
    (100_000, 1_000_000),
];

/// Gives and takes a few bytes at a time, sometimes none yet.
struct Dribble<T> {
    inner: T,
    turn: usize,
}

impl<T> Dribble<T> {
    fn new(inner: T) -> Self {
        Self { inner, turn: 0 }
    }

    /// How much this time. Long streams in greater pieces, to be done some day.
    fn len(&mut self, wanted: usize) -> usize {
        self.turn += 1;
        wanted.min([1, 2, 3, 5000, 7, 70_000][self.turn % 6])
    }
}

impl<R: Read> Read for Dribble<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.turn % 7 == 3 {
            self.turn += 1;
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = self.len(out.len());
        self.inner.read(&mut out[..len])
    }
}

impl<W: Write> Write for Dribble<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.len(bytes.len());
        self.inner.write(&bytes[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Dribble<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.turn % 3 == 1 {
            self.turn += 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let len = self.len(out.remaining());
        let mut some = out.take(len);
        let before = some.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, &mut some);
        let filled = some.filled().len() - before;
        out.advance(filled);
        polled
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Dribble<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.turn % 3 == 1 {
            self.turn += 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let len = self.len(bytes.len());
        Pin::new(&mut self.inner).poll_write(context, &bytes[..len])
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[test]
fn blocking_streams_agree_with_slices() {
    for suite in SUITES {
        let client = client_for(suite, aes());
        for (frame_length, len) in SHAPES {
            let (plaintext, what) = (plaintext(len), format!("{suite} {frame_length} {len}"));
            let options = || options(suite, frame_length);
            let same_as_slice = client.encrypt(&plaintext, options()).unwrap().message.len();

            let mut read = Vec::new();
            let mut reader = client.encrypt_reader(Dribble::new(plaintext.as_slice()), options()).unwrap();
            reader.read_to_end(&mut read).unwrap();
            let mut writer = client.encrypt_writer(Dribble::new(Vec::new()), options()).unwrap();
            writer.write_all(&plaintext).unwrap();
            let written = writer.finish().unwrap().inner;
            let mut copied = Vec::new();
            let info = client
                .encrypt_stream(&mut Dribble::new(plaintext.as_slice()), &mut copied, options())
                .unwrap();
            assert_eq!(client.decrypt(&copied, any()).unwrap().info, info);

            for message in [read, written, copied] {
                // An ECDSA signature has one of a few lengths; who reads finds out too late that a full frame was the last.
                let longer = if len % frame_length as usize == 0 && len > 0 { 32 + 8 } else { 8 };
                assert!(
                    (same_as_slice.saturating_sub(8)..=same_as_slice + longer).contains(&message.len()),
                    "{what}"
                );
                let whole = client.decrypt(&message, any()).unwrap();
                assert_eq!(whole.plaintext.expose_secret(), plaintext, "{what}");

                let mut read = Vec::new();
                let mut reader = client.decrypt_reader(Dribble::new(message.as_slice()), any()).unwrap();
                assert_eq!(*reader.info(), whole.info);
                reader.read_to_end(&mut read).unwrap();
                assert_eq!(read, plaintext, "{what}");
                let mut writer = client.decrypt_writer(Dribble::new(Vec::new()), any());
                writer.write_all(&message).unwrap();
                let (written, info) = writer.finish().unwrap();
                assert_eq!((written.inner, info), (plaintext.clone(), whole.info), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn asynchronous_streams_agree_with_slices() {
    for suite in SUITES {
        let client = asynchronous(suite);
        for (frame_length, len) in SHAPES {
            let (plaintext, what) = (plaintext(len), format!("{suite} {frame_length} {len}"));
            let options = || options(suite, frame_length);

            let mut read = Vec::new();
            let source = Dribble::new(plaintext.as_slice());
            client.encrypt_reader(source, options()).await.unwrap().read_to_end(&mut read).await.unwrap();
            let mut writer = client.encrypt_writer(Dribble::new(Vec::new()), options()).await.unwrap();
            writer.write_all(&plaintext).await.unwrap();
            writer.shutdown().await.unwrap();
            let written = writer.into_inner().inner;
            let mut copied = Vec::new();
            let mut source = Dribble::new(plaintext.as_slice());
            client.encrypt_stream(&mut source, &mut copied, options()).await.unwrap();

            for message in [read, written, copied] {
                let whole = client.decrypt(&message, any()).await.unwrap();
                assert_eq!(whole.plaintext.expose_secret(), plaintext, "{what}");

                let mut read = Vec::new();
                let source = Dribble::new(message.as_slice());
                let mut reader = client.decrypt_reader(source, any()).await.unwrap();
                assert_eq!(*reader.info(), whole.info);
                reader.read_to_end(&mut read).await.unwrap();
                assert_eq!(read, plaintext, "{what}");
                let mut writer = client.decrypt_writer(Dribble::new(Vec::new()), any());
                writer.write_all(&message).await.unwrap();
                writer.shutdown().await.unwrap();
                assert_eq!(writer.info(), Some(&whole.info));
                assert_eq!(writer.into_inner().inner, plaintext, "{what}");
                let (mut copied, mut source) = (Vec::new(), Dribble::new(message.as_slice()));
                client.decrypt_stream(&mut source, &mut copied, any()).await.unwrap();
                assert_eq!(copied, plaintext, "{what}");
            }
        }
    }
}

fn asynchronous(suite: AlgorithmSuite) -> Client {
    let policy = if suite.is_committing() {
        keywright_encryption_sdk::CommitmentPolicy::RequireEncryptAllowDecrypt
    } else {
        keywright_encryption_sdk::CommitmentPolicy::ForbidEncryptAllowDecrypt
    };
    Client::builder().keyring(aes()).commitment_policy(policy).build().unwrap()
}

#[test]
fn the_last_frame_of_a_signed_message_waits_for_the_signature() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let client = client_for(suite, aes());
    let mut message = client.encrypt(&plaintext(25), options(suite, 10)).unwrap().message;
    *message.last_mut().unwrap() ^= 1;
    let mut reader = client.decrypt_reader(message.as_slice(), any()).unwrap();
    let mut out = Vec::new();
    let error = reader.read_to_end(&mut out).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(out, plaintext(20));
    // And nothing more comes after the error.
    assert!(reader.read(&mut [0; 100]).is_err());
}

#[test]
fn a_frame_is_given_out_before_the_next_one_is_here() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    let client = client_for(suite, aes());
    let message = client.encrypt(&plaintext(25), options(suite, 10)).unwrap().message;
    let mut writer = client.decrypt_writer(Vec::new(), any());
    let mut seen = 0;
    for byte in &message {
        writer.write_all(&[*byte]).unwrap();
        seen += usize::from(writer.info().is_some());
    }
    // The header's last byte, and the body and footer behind it.
    assert!(seen > 25 + 2 * 32 && seen < message.len());
    assert_eq!(writer.finish().unwrap().0, plaintext(25));
}

#[test]
fn a_writer_without_its_end_makes_no_message() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let client = client_for(suite, aes());
    let mut message = Vec::new();
    let mut writer = client.encrypt_writer(&mut message, options(suite, 10)).unwrap();
    writer.write_all(&plaintext(25)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    assert!(matches!(client.decrypt(&message, any()), Err(Error::Truncated)));
}

#[test]
fn more_plaintext_than_was_promised_is_refused() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let client = client_for(suite, aes());
    for (promised, works) in [(100, true), (99, false)] {
        let mut out = Vec::new();
        let options = options(suite, 10).max_plaintext_length(promised);
        let done = client.encrypt_stream(&mut plaintext(100).as_slice(), &mut out, options);
        assert_eq!(done.is_ok(), works);
        assert_eq!(client.decrypt(&out, any()).is_ok(), works);
    }
}
