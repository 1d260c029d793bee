use std::io::{IsTerminal, Write};
use std::str::FromStr;

use serde::Deserialize;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use crate::TelemetryError;

/// How log lines look. They always go to the standard error stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One human-readable line for each event.
    Text,
    /// One JSON object for each event, with its fields at the top level.
    Json,
}

impl FromStr for LogFormat {
    type Err = TelemetryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(TelemetryError::LogFormat(other.to_owned())),
        }
    }
}

/// The layer that writes log lines to `writer`.
pub(crate) fn log_layer<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let on_terminal = std::io::stderr().is_terminal();
    let as_json = match format {
        LogFormat::Auto => !on_terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    if as_json {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer).boxed()
    } else {
        tracing_subscriber::fmt::layer().with_ansi(on_terminal).with_writer(writer).boxed()
    }
}

/// The standard error stream, line by line; a closed one is ignored rather than a panic.
pub(crate) fn stderr() -> impl Write {
    std::io::stderr().lock()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::registry().with(log_layer(format, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(port = 4566, "listening");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_has_the_fields_at_the_top_level() {
        let line: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json)).unwrap();
        assert_eq!(line["message"], "listening");
        assert_eq!(line["port"], 4566);
        assert_eq!(line["level"], "INFO");
        assert!(line["timestamp"].is_string());
    }

    #[test]
    fn a_text_line_is_one_line() {
        let text = logged(LogFormat::Text);
        assert!(text.contains("listening"), "{text}");
        assert!(text.contains("4566"), "{text}");
        assert_eq!(text.lines().count(), 1);
        assert!(!text.starts_with('{'));
    }

    #[test]
    fn names_are_parsed_and_others_refused() {
        assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
        let refused = "xml".parse::<LogFormat>().unwrap_err();
        assert_eq!(refused.to_string(), "log format \"xml\" is none of auto, text, json");
    }
}
