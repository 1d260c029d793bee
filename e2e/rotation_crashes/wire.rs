//! How clients and servers speak, as far as one exchange must be told from the next.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use crate::login::Engine;

/// What a client sends, read message by message.
pub(crate) struct Questions<R> {
    engine: Engine,
    from: BufReader<R>,
    /// Whether the first message, which is none of the later ones' form, has been read.
    has_begun: bool,
    /// The first words of PostgreSQL's prepared statements.
    prepared: HashMap<Vec<u8>, String>,
}

/// Messages that belong together.
pub(crate) struct Question {
    pub(crate) bytes: Vec<u8>,
    /// What is asked for, in a word or two; none for what is no moment: a login, a farewell.
    pub(crate) asks: Option<String>,
}

impl<R: AsyncRead + Unpin> Questions<R> {
    pub(crate) fn new(engine: Engine, from: R) -> Self {
        Self { engine, from: BufReader::new(from), has_begun: false, prepared: HashMap::new() }
    }

    /// The next one, when all of it is there.
    pub(crate) async fn next(&mut self) -> Result<Question> {
        match self.engine {
            Engine::Postgres => self.next_of_postgres().await,
            Engine::MariaDb => self.next_of_mariadb().await,
            Engine::Redis => self.next_of_redis().await,
        }
    }

    async fn next_of_postgres(&mut self) -> Result<Question> {
        let mut bytes = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            postgres_body(&mut self.from, &mut bytes).await?;
            return Ok(Question { bytes, asks: None });
        }
        let mut asks = None;
        loop {
            let kind = self.from.read_u8().await?;
            bytes.push(kind);
            let body_at = bytes.len() + 4;
            postgres_body(&mut self.from, &mut bytes).await?;
            let mut texts = bytes.get(body_at..).unwrap_or_default().split(|byte| *byte == 0);
            let (first, second) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
            match kind {
                b'P' => {
                    let words = words(second);
                    asks = Some(format!("prepare {words}"));
                    self.prepared.insert(first.to_owned(), words);
                }
                b'B' => asks = self.prepared.get(second).cloned(),
                // Sync.
                b'S' => return Ok(Question { bytes, asks: Some(asks.unwrap_or_else(|| "sync".to_owned())) }),
                b'Q' => return Ok(Question { asks: Some(words(first)), bytes }),
                // A password, an end.
                b'p' | b'X' => return Ok(Question { bytes, asks: None }),
                _ => {}
            }
        }
    }

    /// A packet; the first of a sequence is a command.
    async fn next_of_mariadb(&mut self) -> Result<Question> {
        let mut bytes = vec![0; 4];
        self.from.read_exact(&mut bytes).await?;
        let [low, middle, high, sequence] = *bytes.first_chunk().context("a packet's head")?;
        let length = u32::from_le_bytes([low, middle, high, 0]);
        (&mut self.from).take(length.into()).read_to_end(&mut bytes).await?;
        let command = bytes.get(5..).unwrap_or_default();
        let asks = match bytes.get(4) {
            Some(3) if sequence == 0 => Some(words(command)),
            Some(22) if sequence == 0 => Some(format!("prepare {}", words(command))),
            Some(23) if sequence == 0 => Some("execute".to_owned()),
            // Part of a login; an end; or what is asked without an answer.
            _ => None,
        };
        Ok(Question { bytes, asks })
    }

    async fn next_of_redis(&mut self) -> Result<Question> {
        let mut bytes = Vec::new();
        let count = redis_number(&mut self.from, &mut bytes, b'*').await?;
        let mut words = Vec::new();
        for _ in 0..count {
            let length = redis_number(&mut self.from, &mut bytes, b'$').await?;
            let begin = bytes.len();
            (&mut self.from).take(length + 2).read_to_end(&mut bytes).await?;
            let word = bytes.get(begin..).unwrap_or_default();
            words.push(String::from_utf8_lossy(word).trim_end().to_ascii_uppercase());
        }
        let asks = match words.first().map(String::as_str) {
            None | Some("AUTH" | "HELLO" | "CLIENT") => None,
            Some("PING") => Some("PING".to_owned()),
            Some(_) => words.get(..2).map(|words| words.join(" ")),
        };
        Ok(Question { bytes, asks })
    }
}

/// What a server sends.
pub(crate) struct Answers<R> {
    engine: Engine,
    from: BufReader<R>,
}

/// A part of an answer.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Whether what was asked for is done by then.
    pub(crate) is_done: bool,
}

impl<R: AsyncRead + Unpin> Answers<R> {
    pub(crate) fn new(engine: Engine, from: R) -> Self {
        Self { engine, from: BufReader::new(from) }
    }

    /// What is there next.
    pub(crate) async fn next(&mut self) -> Result<Answer> {
        let mut answer = Answer { bytes: Vec::new(), is_done: false };
        match self.engine {
            Engine::Postgres => loop {
                let kind = self.from.read_u8().await?;
                answer.bytes.push(kind);
                postgres_body(&mut self.from, &mut answer.bytes).await?;
                answer.is_done = kind == b'Z';
                if answer.is_done || self.from.buffer().is_empty() {
                    return Ok(answer);
                }
            },
            // Nothing is said of a statement before it is done, and each is a transaction.
            Engine::MariaDb | Engine::Redis => {
                answer.bytes.extend_from_slice(self.from.fill_buf().await?);
                ensure!(!answer.bytes.is_empty(), "the server's end");
                self.from.consume(answer.bytes.len());
                answer.is_done = true;
                Ok(answer)
            }
        }
    }
}

/// A length that counts itself, and what it is of.
async fn postgres_body(from: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> Result<()> {
    let length = from.read_u32().await?;
    bytes.extend_from_slice(&length.to_be_bytes());
    let rest = length.checked_sub(4).context("a message's length")?;
    from.take(rest.into()).read_to_end(bytes).await?;
    Ok(())
}

/// A line of a mark and a number.
async fn redis_number(from: &mut (impl AsyncBufRead + Unpin), bytes: &mut Vec<u8>, mark: u8) -> Result<u64> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).await?;
    bytes.extend_from_slice(&line);
    let line = String::from_utf8(line)?;
    match line.strip_prefix(char::from(mark)) {
        Some(number) => Ok(number.trim_end().parse()?),
        None => bail!("no Redis command"),
    }
}

/// The first words of a statement, which hold no value.
fn words(statement: &[u8]) -> String {
    let text = String::from_utf8_lossy(statement);
    let mut words = text.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let object = match verb.to_ascii_uppercase().as_str() {
        "SELECT" => text.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("from")).nth(1),
        "INSERT" | "DELETE" => words.nth(1),
        _ => words.next(),
    };
    [Some(verb), object].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
