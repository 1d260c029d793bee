//! Over tokio's `AsyncRead` and `AsyncWrite`. Nothing here needs tokio's runtime.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::CHUNK;
use super::decryptor::{Decryptor, Step};
use super::encryptor::Encryptor;
use crate::error::Error;
use crate::materials::DecryptionMaterials;
use crate::{BoxFuture, Client, MessageInfo};

/// Reads plaintext, and is read as a message.
pub struct AsyncEncryptReader<R> {
    core: Encryptor,
    source: R,
}

impl<R: AsyncRead + Unpin> AsyncEncryptReader<R> {
    pub(crate) fn new(core: Encryptor, source: R) -> Self {
        Self { core, source }
    }

    /// What the message says of itself.
    pub fn info(&self) -> &MessageInfo {
        self.core.info()
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for AsyncEncryptReader<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.core.output().is_empty() && !this.core.is_complete() {
            this.core.settle()?;
            if this.core.output().is_empty() {
                match ready!(poll_read_some(&mut this.source, context, this.core.space()?))? {
                    0 => this.core.finish()?,
                    len => this.core.put(len)?,
                }
            }
        }
        let len = copy(this.core.output(), out);
        this.core.took(len);
        Poll::Ready(Ok(()))
    }
}

/// Is written plaintext, and writes a message. Its `shutdown` writes the end of the message; without it the message is
/// refused by whoever decrypts it.
pub struct AsyncEncryptWriter<W> {
    core: Encryptor,
    sink: W,
}

impl<W: AsyncWrite + Unpin> AsyncEncryptWriter<W> {
    pub(crate) fn new(core: Encryptor, sink: W) -> Self {
        Self { core, sink }
    }

    /// What the message says of itself.
    pub fn info(&self) -> &MessageInfo {
        self.core.info()
    }

    /// The writer below, after the shutdown.
    pub fn into_inner(self) -> W {
        self.sink
    }

    fn poll_write_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.core.output().is_empty() {
            let len = ready!(Pin::new(&mut self.sink).poll_write(context, self.core.output()))?;
            if len == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.core.took(len);
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for AsyncEncryptWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        plaintext: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if plaintext.is_empty() {
            return Poll::Ready(Ok(0));
        }
        this.core.settle()?;
        if this.core.output().len() >= CHUNK {
            ready!(this.poll_write_out(context))?;
        }
        Poll::Ready(Ok(this.core.append(plaintext)?))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_write_out(context))?;
        Pin::new(&mut this.sink).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.core.finish()?;
        ready!(this.poll_write_out(context))?;
        Pin::new(&mut this.sink).poll_shutdown(context)
    }
}

/// Reads a message, and is read as plaintext. What it gives is verified frame by frame; what a signed message gives is the
/// signer's only once the end was read: undo what was done with it when an error comes.
pub struct AsyncDecryptReader<R> {
    core: Decryptor,
    source: R,
    info: MessageInfo,
}

impl<R: AsyncRead + Unpin> AsyncDecryptReader<R> {
    /// Reads and verifies the header.
    pub(crate) async fn new(client: &Client, mut core: Decryptor, mut source: R) -> Result<Self, Error> {
        let info = loop {
            if let Some(info) = core.info() {
                break info.clone();
            }
            match core.step()? {
                Step::Input => read_into(&mut core, &mut source).await?,
                Step::Materials => provide(client, &mut core).await?,
                Step::Output | Step::Complete => return Err(Error::Poisoned),
            }
        };
        Ok(Self { core, source, info })
    }

    /// What the message says of itself. It is verified.
    pub fn info(&self) -> &MessageInfo {
        &self.info
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for AsyncDecryptReader<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if out.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match this.core.step()? {
                Step::Input => match ready!(poll_read_some(&mut this.source, context, this.core.space()))? {
                    0 => this.core.end(),
                    len => this.core.put(len),
                },
                Step::Output => {
                    let len = copy(this.core.output(), out);
                    this.core.took(len);
                    return Poll::Ready(Ok(()));
                }
                Step::Complete => return Poll::Ready(Ok(())),
                Step::Materials => return Poll::Ready(Err(Error::Poisoned.into())),
            }
        }
    }
}

/// Is written a message, and writes plaintext: verified frame by frame, and complete only after its `shutdown`. When that
/// or a write fails, undo what was done with the plaintext.
pub struct AsyncDecryptWriter<W> {
    client: Client,
    core: Decryptor,
    sink: W,
    /// The call for materials, while it is under way.
    materials: Option<BoxFuture<'static, Result<DecryptionMaterials, Error>>>,
}

impl<W: AsyncWrite + Unpin> AsyncDecryptWriter<W> {
    pub(crate) fn new(client: Client, core: Decryptor, sink: W) -> Self {
        Self { client, core, sink, materials: None }
    }

    /// What the message says of itself, once its header was written and verified.
    pub fn info(&self) -> Option<&MessageInfo> {
        self.core.info()
    }

    /// The writer below, after the shutdown.
    pub fn into_inner(self) -> W {
        self.sink
    }

    /// Goes on until more of the message is needed, or nothing.
    fn poll_write_out(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            if let Some(call) = &mut self.materials {
                let materials = ready!(call.as_mut().poll(context));
                self.materials = None;
                self.core.provide(&materials?)?;
            }
            match self.core.step()? {
                Step::Input | Step::Complete => return Poll::Ready(Ok(())),
                Step::Materials => {
                    let request = self.core.request().ok_or(Error::Poisoned)?;
                    let client = self.client.clone();
                    self.materials = Some(Box::pin(async move {
                        client.materials_manager().decryption_materials(request).await
                    }));
                }
                Step::Output => {
                    let len = ready!(Pin::new(&mut self.sink).poll_write(context, self.core.output()))?;
                    if len == 0 {
                        return Poll::Ready(Err(Error::Io(io::ErrorKind::WriteZero.into())));
                    }
                    self.core.took(len);
                }
            }
        }
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for AsyncDecryptWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        message: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_write_out(context))?;
        if message.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let space = this.core.space();
        let len = message.len().min(space.len());
        if let (Some(to), Some(from)) = (space.get_mut(..len), message.get(..len)) {
            to.copy_from_slice(from);
        }
        this.core.put(len);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_write_out(context))?;
        Pin::new(&mut this.sink).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.core.end();
        ready!(this.poll_write_out(context))?;
        Pin::new(&mut this.sink).poll_shutdown(context)
    }
}

/// Encrypts all that `source` has into `sink`, without a copy in between.
pub(crate) async fn copy_encrypted_async(
    mut core: Encryptor,
    source: &mut (impl AsyncRead + Unpin),
    sink: &mut (impl AsyncWrite + Unpin),
) -> Result<MessageInfo, Error> {
    loop {
        core.settle()?;
        let output = core.output();
        if output.len() >= CHUNK || core.is_complete() {
            sink.write_all(output).await?;
            let len = output.len();
            core.took(len);
        }
        if core.is_complete() {
            sink.flush().await?;
            return Ok(core.info().clone());
        }
        match source.read(core.space()?).await? {
            0 => core.finish()?,
            len => core.put(len)?,
        }
    }
}

/// Decrypts all that `source` has into `sink`, without a copy in between.
pub(crate) async fn copy_decrypted_async(
    client: &Client,
    mut core: Decryptor,
    source: &mut (impl AsyncRead + Unpin),
    sink: &mut (impl AsyncWrite + Unpin),
) -> Result<MessageInfo, Error> {
    loop {
        match core.step()? {
            Step::Input => read_into(&mut core, source).await?,
            Step::Materials => provide(client, &mut core).await?,
            Step::Output => {
                let output = core.output();
                sink.write_all(output).await?;
                let len = output.len();
                core.took(len);
            }
            Step::Complete => {
                sink.flush().await?;
                return core.info().cloned().ok_or(Error::Truncated);
            }
        }
    }
}

async fn provide(client: &Client, core: &mut Decryptor) -> Result<(), Error> {
    let request = core.request().ok_or(Error::Poisoned)?;
    core.provide(&client.materials_manager().decryption_materials(request).await?)
}

async fn read_into(core: &mut Decryptor, source: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    match source.read(core.space()).await? {
        0 => core.end(),
        len => core.put(len),
    }
    Ok(())
}

fn poll_read_some(
    source: &mut (impl AsyncRead + Unpin),
    context: &mut Context<'_>,
    out: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut out = ReadBuf::new(out);
    ready!(Pin::new(source).poll_read(context, &mut out))?;
    Poll::Ready(Ok(out.filled().len()))
}

/// Copies as much as there is and has room.
fn copy(from: &[u8], to: &mut ReadBuf<'_>) -> usize {
    let len = from.len().min(to.remaining());
    to.put_slice(from.get(..len).unwrap_or_default());
    len
}
